"""What local data would help most: the posts with the widest range, and what could narrow each."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from wijkboek_utils import regions, sources, wijkrekening
from wijkboek_utils.area_flows import Flows
from wijkboek_utils.dutch import Z90, interval

COLUMNS = ["regel", "post", "bedrag", "se", "breedte"]
MOST = 5  # datasets, and posts that none can narrow, that are named
EACH = 3  # posts that one dataset can narrow, that are named
_MONEY = "geldstroom"
_NOBODY = "Wij weten niet wie dit weet."


def ranges(flows: Flows) -> pd.DataFrame:
    """Return how wide the range of each line of the accounts is: `COLUMNS`, widest first.

    `bedrag` and `se` in EUR a year; `breedte` is what lies between the bounds within which the
    amount is nine times out of ten, none of them below zero. `post` is the post of the grootboek
    that makes the line least sure. What belongs to the gemeente as a whole is left out.
    """
    rows = wijkrekening.named(flows.rows)
    rows = rows[~regions.is_rest(rows["buurt"])]
    lines = flows.totals(rows, ["regel"])
    posts = flows.totals(rows, ["regel", "post"]).sort_values("se", ascending=False)
    worst = posts.drop_duplicates("regel").set_index("regel")["post"]
    high = lines["bedrag"] + Z90 * lines["se"]
    low = (lines["bedrag"] - Z90 * lines["se"]).clip(lower=0.0)
    table = lines.assign(post=lines["regel"].map(worst), breedte=(high - low).round(2))
    table = table[(table["se"] > 0) & table["bedrag"].notna()]
    order = table.sort_values(["breedte", "regel"], ascending=[False, True])
    return order[COLUMNS].reset_index(drop=True)


def helpful(table: pd.DataFrame, rules: pd.DataFrame, missing: pd.DataFrame) -> pd.DataFrame:
    """Return `ranges` with what could narrow each: `soort`, `raad` and `cbs`.

    `rules` has of the beginning of a post the kind of dataset (`soort`, empty when no local dataset
    can) and why (`raad`); the first that fits counts. `missing` as `availability.missing_topics`:
    `cbs` names the figure of CBS that is not there yet, empty where there is none.
    """
    found = [_rule(post, rules) for post in table["post"]]
    first = missing.drop_duplicates("post")
    titles = dict(zip(first["post"], first["titel"], strict=True))
    return table.assign(
        soort=pd.array([soort for soort, _ in found], dtype="str"),
        raad=pd.array([raad for _, raad in found], dtype="str"),
        cbs=pd.array([titles.get(post, "") for post in table["post"]], dtype="str"),
    )


def rules() -> pd.DataFrame:
    """Return the project's own table of what could narrow which post."""
    return sources.read_project_table("helpen")


def _rule(post: str, rules: pd.DataFrame) -> tuple[str, str]:
    for start, soort, raad in rules[["post", "soort", "raad"]].itertuples(index=False, name=None):
        if post.startswith(start):
            return soort, raad
    return "", _NOBODY


def words(table: pd.DataFrame, gemeenten: Sequence[str]) -> list[str]:
    """Return in Dutch what would help most, a line each; `table` as `helpful`.

    First what people of the wijk can measure, then what they cannot. Lines about which the same
    can be done stand together. `gemeenten` are the codes of which figures of CBS can be fetched.
    """
    if table.empty:
        return ["Van geen enkele post is de marge bekend."]
    local, other = table[table["soort"] != ""], table[table["soort"] == ""]
    lines = ["Deze gegevens uit de wijk helpen het meest. Wat het minst zeker is, staat bovenaan."]
    if local.empty:
        lines = ["Geen gegeven uit de wijk maakt een bedrag zekerder."]
    groups = local.groupby(["soort", "raad"], sort=False)
    for number, ((soort, raad), rows) in enumerate(list(groups)[:MOST], 1):
        lines.append(f"{number}. wijkboek template {soort}")
        lines.append(f"   {raad}")
        lines += [f"   - {_range(row)} (post {row.post})" for row in rows.head(EACH).itertuples()]
    if (local["soort"] == _MONEY).any():
        lines.append(
            "Vul bij een geldstroom «alles» in als dekking. Alleen het hele bedrag van een buurt "
            "maakt een post zekerder."
        )
    if len(other):
        lines.append("Ook onzeker, maar hier helpt geen gegeven uit de wijk:")
    lines += [f"- {_range(row)}. {_why(row)}" for row in other.head(MOST).itertuples()]
    if (table["cbs"] != "").any():
        codes = " ".join(gemeenten)
        lines.append(f"Cijfers van CBS die ontbreken, haalt u op met: wijkboek fetch {codes}")
    lines.append(
        "Een telling, voorraad, netwerk of werk maakt geen bedrag zekerder. Daarmee vult u de "
        "hoofdstukken over wat er is en wat mensen doen."
    )
    return lines


def _range(row: Any) -> str:
    return f"{row.regel}: {interval(row.bedrag, row.se)}"


def _why(row: Any) -> str:
    """Return why no local dataset helps, or which figure of CBS would."""
    if row.cbs:
        return f"CBS heeft een beter cijfer («{row.cbs}»), maar dat staat hier niet."
    return str(row.raad)
