"""What people of the wijk say of money, as boekingen: what can be booked, and why not the rest."""

import numpy as np
import pandas as pd

from wijkboek_utils import crosswalk, dutch, ledger, regions
from wijkboek_utils.errors import did_you_mean
from wijkboek_utils.local import store
from wijkboek_utils.local.merging import MUNICIPAL

# Relative standard error of an amount from somebody's own books: a late invoice, a wrong year.
DEFAULT_ERROR = 0.02
INCOME = "inkomen:"
FACTS = ["bron", "rij", "dag", "met_naam"]  # of a row: whose, which, when, may they be named
COLUMNS = [
    *FACTS,
    "buurt",
    "jaar",
    "van",
    "naar",
    "betaler",
    "ontvanger",
    "post",
    "domein",
    "soort",
    "bedrag",
    "se",
    "dekking",
    "reden",
]
_TYPES = dict.fromkeys(COLUMNS, "str") | {"rij": "int64", "met_naam": "bool", "jaar": "Int64"}
_TYPES |= dict.fromkeys(["betaler", "ontvanger"], "object")
_TYPES |= dict.fromkeys(["bedrag", "se"], "float64")
_OWNERS = {"gemeente": "publiek", "rijk": "publiek", "huishoudens": "particulier"}


def nothing() -> pd.DataFrame:
    """Return claims without rows, as `payments` of no rows."""
    return store.without_rows(_TYPES)


def payments(rows: pd.DataFrame, known: pd.DataFrame, places: set[str], jaar: int) -> pd.DataFrame:
    """Return payments as claims on the books of a year: the columns `COLUMNS`, one row each.

    `rows` are those of geldstromen with `FACTS`, `known` the boekingen that the books have so far,
    `places` the buurten that they are about. `reden` says why a row is not booked, empty when it
    is. Without `onzekerheid` an amount has a standard error of `DEFAULT_ERROR`; what is given is
    read as the range that holds nine times out of ten.
    """
    rows = rows.reset_index(drop=True)
    given = rows["onzekerheid"] / dutch.Z90
    posts = _posts(rows, known, jaar)
    frame = rows.assign(
        post=posts["post"],
        se=given.fillna(DEFAULT_ERROR * rows["bedrag"]),
        reden=posts["reden"].mask(posts["reden"] == "", _reasons(rows, places, jaar)),
    )
    return _described(frame, known)[COLUMNS]


def spending(rows: pd.DataFrame, known: pd.DataFrame, places: set[str], jaar: int) -> pd.DataFrame:
    """Return what households spend by a survey as claims; `rows` as `surveys.amounts`, with FACTS.

    The other arguments are those of `payments`.
    """
    rows = rows.reset_index(drop=True)
    reason = _reasons(rows, places, jaar)
    reason = reason.mask(reason == "", rows["reden"])
    there = rows["post"].isin(known["post"].unique())
    reason = reason.mask((reason == "") & ~there, "deze post rekenen wij op een andere manier uit")
    frame = rows.assign(betaler=None, ontvanger=None, domein=None, reden=reason)
    return _described(frame, known)[COLUMNS]


def _reasons(rows: pd.DataFrame, places: set[str], jaar: int) -> pd.Series:
    """Return why rows are not about these books at all, empty where they are."""
    other = "gaat over " + rows["jaar"].astype("str") + f" en niet over {jaar}"
    buurt = rows["buurt"]
    words = np.select(
        [buurt.isna(), ~buurt.isin(places), rows["jaar"].ne(jaar)],
        ["valt in geen buurt", "ligt in een andere gemeente", other.astype(object)],
        "",
    )
    return pd.Series(words, rows.index, dtype="str")


def _posts(rows: pd.DataFrame, known: pd.DataFrame, jaar: int) -> pd.DataFrame:
    """Return the post of each payment in the books, and why there is none (`reden`)."""
    found = [_post(row, set(known["post"]), jaar) for row in rows.to_dict("records")]
    return pd.DataFrame(found, columns=["post", "reden"], index=rows.index, dtype="str")


def _post(row: dict, known: set[str], jaar: int) -> tuple[str, str]:
    """Return the post of a payment and why it cannot be booked."""
    given = "" if pd.isna(row["post"]) else str(row["post"])
    if "gemeente" in (row["van"], row["naar"]):
        side = "lasten" if row["van"] == "gemeente" else "baten"
        if pd.isna(row["taakveld"]):
            return given, "het taakveld van de gemeente ontbreekt"
        if row["zijde"] in ("lasten", "baten") and row["zijde"] != side:
            return given, f"wat van {row['van']} naar {row['naar']} gaat, staat bij de {side}"
        code, reason = taakveld(str(row["taakveld"]), side, known, jaar)
        return f"{MUNICIPAL}{code}:{side}", reason
    if not given or given.startswith(MUNICIPAL):
        return given, "de post ontbreekt"
    if given.startswith(INCOME):
        return given, "het inkomen per buurt komt van CBS"
    family = given.split(":")[0] + ":"
    if given not in known and any(post.startswith(family) for post in known):
        return given, f"de post {given} bestaat niet.{did_you_mean(given, sorted(known))}"
    return given, ""


def taakveld(code: str, side: str, known: set[str], jaar: int) -> tuple[str, str]:
    """Return the taakveld that a code stands for in the account of a year, and why there is none.

    `known` are the posts of that account. Codes changed over the years: one that has a single
    successor (or predecessor) in the account is booked there, of one that was split nobody knows.
    """
    if f"{MUNICIPAL}{code}:{side}" in known:
        return code, ""
    groups = crosswalk.taakveld_groups()
    mine = groups.loc[groups["taakveld"] == code, "groep"]
    others = groups.loc[groups["groep"].isin(mine), "taakveld"].unique()
    there = [other for other in others if f"{MUNICIPAL}{other}:{side}" in known]
    if len(there) == 1:
        return there[0], ""
    if there:
        return code, f"taakveld {code} heet in {jaar} anders: kies uit {dutch.join(there, 'of')}"
    return code, f"taakveld {code} heeft in {jaar} geen {side}"


def _described(claims: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return claims with the domein and soort that their post has in the books.

    What the books do not have yet keeps the domein that the contributor gave it.
    """
    posts = known.drop_duplicates("post").set_index("post")[["domein", "soort"]].astype("str")
    owner = claims["van"].astype("str").map(_OWNERS).fillna("privaat")
    return claims.assign(
        domein=claims["post"].map(posts["domein"]).fillna(claims["domein"]),
        soort=claims["post"].map(posts["soort"]).fillna(owner),
    )


def boekingen(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the claims that are booked, as boekingen with `dekking`: the columns of the grootboek.

    Payments that are alike are one boeking. Each names its own error, so that what it takes from
    others can be off by the same amount.
    """
    kinds = {**ledger.COLUMNS, "dekking": "str"}
    rows = claims[claims["reden"] == ""]
    if rows.empty:  # as in nearly every wijk
        return store.without_rows(kinds)
    alike = ["buurt", "jaar", "van", "naar", "post", "domein", "soort", "dekking", "bron"]
    sums = rows.assign(square=rows["se"].astype(float) ** 2).groupby(alike, as_index=False)
    found = sums[["bedrag", "square"]].sum()
    se = np.sqrt(found["square"]).round(2)
    cause = "lokaal:" + found["bron"] + ":" + found["buurt"] + ":" + found["post"]
    cause += ":" + found["naar"].astype("str") + ":" + found["dekking"]
    table = found.assign(
        bedrag=found["bedrag"].astype(float).round(2),
        se=se,
        se_bron=0.0,
        methode="lokaal",
        sleutel=None,
        kengetal=None,
        fouten=(cause + "=" + se.map("{:.2f}".format).astype("str")).where(se > 0),
        bronjaar=found["jaar"],
    )
    return table.astype({"bronjaar": "Int64"})[[*kinds]].astype(kinds)


def in_no_buurt(rows: pd.DataFrame) -> int:
    """Return how many rows of a contribution have no place in a buurt."""
    return int(rows["buurt"].isna().sum()) if "buurt" in rows else 0


def places(indicatoren: pd.DataFrame) -> set[str]:
    """Return the buurten that figures are about; `indicatoren` as `cbs.indicators`."""
    codes = indicatoren.loc[indicatoren["soort"] == "Buurt", "gebied"]
    return {code for code in codes.unique() if regions.is_code(code)}
