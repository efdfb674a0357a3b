"""The years of an area in words and tables: what rose, what fell, what cannot be compared."""

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, expenses, show, sources, years
from wijkboek_utils.dutch import about, join, number, percent
from wijkboek_utils.households import INCOME
from wijkboek_utils.measures import TOPICS
from wijkboek_utils.show import Html

_MANY = 5  # names in one sentence
_TASKS = 12
_ACCOUNTS = {"jaarrekening": "rekening", "begroting": "begroting", years.COUNTED: ""}
_CHANGE = "Verandering"
_UNSURE = "misschien anders gemeten"


def story(rows: pd.DataFrame, changes: pd.DataFrame, naam: str, gemeente: str) -> list[str]:
    """Say what changed, what did not and what cannot be compared; one paragraph each.

    `rows` and `changes` as `years.collect` and `years.changes`.
    """
    rows, changes = _whole(rows), _whole(changes)
    # What inflation does to money is no change of the area: fixed prices go first.
    fixed = changes.loc[changes["prijzen"] == years.FIXED, "onderwerp"]
    running = changes["prijzen"] == years.RUNNING
    shown = changes[~(running & changes["onderwerp"].isin(fixed))]
    told = [_told(part, naam) for _, part in shown.groupby(["van", "tot"])]
    if not told:
        told = [f"Over {naam} valt nog niets te vergelijken: daarvoor zijn er te weinig jaren."]
    if len(fixed):
        year = rows.loc[rows["prijzen"] == years.FIXED, "prijsjaar"].iloc[0]
        told.append(f"Inkomen en uitgaven zijn vergeleken in prijzen van {year}.")
    if (shown["prijzen"] == years.RUNNING).any():
        told.append("Inkomen en uitgaven zijn vergeleken in prijzen van toen, met inflatie.")
    both = _two_kinds(rows)
    one = rows[~rows["onderwerp"].isin(changes["onderwerp"])]
    names = list(one.loc[(one["onderwerp"] != expenses.EXPENSES) | (not both), "naam"].unique())
    if names and len(shown):
        told.append(f"Van deze cijfers is er nog maar één jaar: {_few(names)}.")
    told.append(both)
    if len(one):
        told.append(f"Meer jaren ophalen kan met: wijkboek fetch {gemeente}")
    return [text for text in told if text]


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out the parts of the municipal expenses."""
    return frame[~frame["onderwerp"].str.contains(":")]


def _told(part: pd.DataFrame, naam: str) -> str:
    """Say what is higher, lower and about the same in two years."""
    texts = [f"{naam} in {part['tot'].iloc[0]}, vergeleken met {part['van'].iloc[0]}."]
    named = part["naam"] + part["breuk"].map({True: f" ({_UNSURE})", False: ""})
    for verdict in ("hoger", "lager", "gelijk"):
        if (names := named[part["oordeel"] == verdict].unique()).size:
            said = "ongeveer gelijk" if verdict == "gelijk" else verdict
            texts.append(f"{said.capitalize()}: {_few(list(names))}.")
    return " ".join(texts)


def _few(names: list[str]) -> str:
    if len(names) <= _MANY:
        return join(names)
    return join([*names[: _MANY - 1], f"nog {len(names) - _MANY + 1} andere"])


def _two_kinds(rows: pd.DataFrame) -> str:
    """Say that a plan is not set beside what was spent."""
    years_of = rows[rows["onderwerp"] == expenses.EXPENSES].groupby("verslag")["jaar"].unique()
    if len(years_of) < 2:
        return ""
    made, planned = (_span(list(years_of[v])) for v in ("jaarrekening", "begroting"))
    return (
        f"De uitgaven van de gemeente in {made} staan in haar rekening: wat is uitgegeven. Die van "
        f"{planned} staan in haar begroting: wat is gepland. Die twee vergelijken wij niet."
    )


def _span(found: list[int]) -> str:
    """Return years in words, a long row of them by its ends."""
    if len(found) > 2 and found[-1] - found[0] == len(found) - 1:
        return f"{found[0]} tot en met {found[-1]}"
    return join([str(y) for y in found])


def table(rows: pd.DataFrame, changes: pd.DataFrame, naam: str, jaar: int) -> Html:
    """Return every figure of every year; `jaar` is the year of the prices.

    A figure that is partly converted, or provisional, says so.
    """
    rows = _whole(rows)
    order = {onderwerp: n for n, onderwerp in enumerate([*TOPICS, expenses.EXPENSES])}
    rank = rows["onderwerp"].map(order)
    rows = rows.assign(rank=rank).sort_values(["rank", "jaar"], kind="stable")
    return _by_year(
        rows, changes, "Cijfer", f"{naam} door de jaren heen", _note(rows, changes, jaar)
    )


def tasks(rows: pd.DataFrame, changes: pd.DataFrame, naam: str, jaar: int) -> Html:
    """Return the largest tasks of the gemeente for the area by year, per inhabitant.

    Taakvelden of which the code changed are taken together, so that years can be compared.
    """
    parts = rows[rows["onderwerp"].str.contains(":") & (rows["prijzen"] == years.FIXED)]
    largest = parts.groupby("onderwerp")["waarde"].max().nlargest(_TASKS).index
    rank = parts["onderwerp"].map({onderwerp: n for n, onderwerp in enumerate(largest)})
    parts = parts.assign(rank=rank).dropna(subset="rank").sort_values(["rank", "jaar"])
    caption = f"Uitgaven van de gemeente voor {naam} per inwoner en taak"
    note = "Een rekening is wat is uitgegeven, een begroting wat is gepland."
    return _by_year(parts, changes, "Taak", caption, f"{note} {prices(parts, jaar)}".strip())


def unknown(missing: pd.DataFrame) -> Html:
    """Return which years could not be used and why; `missing` as `years.collect`."""
    if missing.empty:
        return show.text()
    return show.bullets([f"{r.jaar}: {r.reden}" for r in missing.itertuples()])


def _by_year(
    rows: pd.DataFrame, changes: pd.DataFrame, first: str, caption: str, note: str
) -> Html:
    """Return a row per topic and kind of prices, a column per year; `rows` in the order to show."""
    columns = [str(y) for y in sorted({int(y) for y in rows["jaar"]})]
    changed, lines = _by_kind(changes), []
    for kind, part in _by_kind(rows).items():
        line = {first: _label(part[0])} | {str(r["jaar"]): _cell(r) for r in part}
        lines.append(line | {_CHANGE: _verdicts(changed.get(kind, []), len(part))})
    frame = pd.DataFrame(lines, columns=[first, *columns, _CHANGE])
    return show.table(frame, caption, dict.fromkeys(columns, str), note=note)


def _by_kind(rows: pd.DataFrame) -> dict[tuple[str, str], list[dict]]:
    """Return rows as records, by topic and kind of prices, in order of appearance."""
    found: dict[tuple[str, str], list[dict]] = {}
    for row in rows.to_dict("records"):
        found.setdefault((row["onderwerp"], row["prijzen"]), []).append(row)
    return found


def _label(row: dict) -> str:
    """Return the name of a topic, with the prices that it is in."""
    if not row["prijzen"]:
        return str(row["naam"])
    fixed = row["prijzen"] == years.FIXED
    return f"{row['naam']}, in prijzen van {row['prijsjaar'] if fixed else 'toen'}"


def _cell(row: dict) -> str:
    """Return a figure with what is special about it."""
    said = [_ACCOUNTS[row["verslag"]], "voorlopig" if row["status"] == "voorlopig" else ""]
    shown = join([w for w in [*said, "omgerekend" if row["omgerekend"] else ""] if w])
    return _figure(row["waarde"], row["se"], row["eenheid"]) + (f" ({shown})" if shown else "")


def _verdicts(changes: list[dict], known: int) -> str:
    """Return how a figure changed, by kind of account where there are several."""
    if not changes:
        return "niet te vergelijken" if known > 1 else "nog één jaar"
    texts = {_ACCOUNTS[c["verslag"]]: _verdict(c) for c in changes}
    return "; ".join(f"{kind}: {text}" if kind else text for kind, text in texts.items())


def _figure(value: float, se: float, eenheid: str) -> str:
    if eenheid == "euro":
        return about(value, se)
    if eenheid == "%":
        return percent(value / 100)
    unit = 10.0 ** max(0, int(np.floor(np.log10(se)))) if se > 0 else 1.0
    return number(round(value / unit) * unit)


def _verdict(change: dict) -> str:
    """Return in words how much a figure changed, only where that is more than its margin."""
    since = f"dan in {change['van']}"
    if change["oordeel"] == "gelijk":
        text = f"ongeveer gelijk aan {change['van']}"
    elif change["eenheid"] == "%":
        text = f"{number(abs(change['verschil']))} procentpunt {change['oordeel']} {since}"
    elif not dutch.is_known(change["deel"]) or abs(change["deel"]) < 0.0005:
        text = f"iets {change['oordeel']} {since}"
    else:
        part = abs(change["deel"])
        text = f"{percent(part, 0 if part >= 0.095 else 1)} {change['oordeel']} {since}"
    return text + (f", {_UNSURE}" if change["breuk"] else "")


def _note(rows: pd.DataFrame, changes: pd.DataFrame, jaar: int) -> str:
    """Return what a reader must know to compare years."""
    found = sorted({int(y) for y in rows["jaar"]})
    gaps = [y for y in range(found[0], found[-1]) if y not in found] if found else []
    unsure = _whole(changes)["breuk"]
    texts = [
        "Hoger of lager staat er alleen als het verschil groter is dan de mogelijke fout.",
        f"De fout van een verdeelsleutel is elk jaar bijna dezelfde. {percent(years.SAME)} ervan "
        "telt daarom niet mee in een verschil; dat is ons oordeel."
        if (changes["onderwerp"] == expenses.EXPENSES).any()
        else "",
        f"Over {_span(gaps)} zijn hier geen cijfers." if gaps else "",
        prices(rows, jaar),
        "Van inkomen is het jaar dat van de tabel van CBS; wij gingen niet na over welk jaar het "
        "gaat."
        if (rows["onderwerp"] == INCOME).any()
        else "",
        f"{_UNSURE.capitalize()}: CBS zette het cijfer mogelijk op een andere plek in zijn tabel, "
        "en wij gingen niet na of het hetzelfde bleef."
        if unsure.any()
        else "",
        "Auto's tellen waar hun eigenaar staat ingeschreven, ook die van een leasebedrijf."
        if (rows["onderwerp"] == "PersonenautoSTotaal").any()
        else "",
    ]
    return " ".join(filter(None, texts))


def prices(rows: pd.DataFrame, jaar: int) -> str:
    """Say by which index and factor amounts of other years were brought to the prices of `jaar`."""
    fixed = rows[rows["prijzen"] == years.FIXED]
    others = sorted({int(y) for y in fixed["jaar"]} - {jaar})
    if not others:
        return ""
    factors = [f"{y} maal {number(years.price_factor(y, jaar), 3)}" for y in others]
    index = sources.read_project_table("indexcijfers")
    index = index[
        (index["index"] == years.INDEX) & index["jaar"].isin([str(jaar), *map(str, others)])
    ]
    sure = (index["status"] == "geverifieerd").all()
    return (
        f"Prijzen van {jaar} volgens de consumentenprijsindex ({years.INDEX}): bedragen van "
        f"{join(factors)}.{'' if sure else ' Niet elk cijfer van die index is bij CBS nagegaan.'}"
    )
