"""The wijkrekening in words and tables: accounts of sectors, how they close, what leaks away."""

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, multipliers, show, wijkrekening
from wijkboek_utils.area_flows import Flows, once
from wijkboek_utils.dutch import about, between, interval, is_known, number, percent, percents
from wijkboek_utils.show import Html

NAMES = {
    "huishoudens": "Huishoudens",
    "bedrijven": "Bedrijven",
    "instellingen": "Instellingen",
    "gemeente": "Gemeente",
    "rijk": "Rijk",
    "buitenwereld": "Buiten de wijk",
    "vermogen": "Sparen en vermogen",
}
RIJK = ("Haalt samen", "Brengt samen", "Brengt min haalt")
_SIDES = {"in": "Inkomst", "uit": "Uitgave", "saldo": "Saldo"}
_RIJK_SIDES = {"uit": "Brengt", "in": "Haalt", "saldo": "Saldo"}
_MARGIN = "Waarschijnlijk"
_NONE = "geen"  # an adjustment that a reader would not see
WIJK = (2_000, 50_000)  # inhabitants of an area for which the local shares are meant
_NAMED = 3  # in one sentence
_UNKNOWN_ROUND = "Hoe het geld rondgaat is hier niet te berekenen: een van de rekeningen ontbreekt."


def account(rows: pd.DataFrame, titel: str, note: str = "", sides: dict[str, str] = _SIDES) -> Html:
    """Return the account of a sector as a table; `rows` as `wijkrekening.sector`."""
    signed = rows["kant"] == "saldo"
    frame = pd.DataFrame(
        {
            "Regel": rows["regel"],
            "Soort": rows["kant"].map(sides),
            "Bedrag": [about(r.bedrag, r.se) for r in rows.itertuples()],
            _MARGIN: [
                interval(r.bedrag, r.se, signed=flag)
                for r, flag in zip(rows.itertuples(), signed, strict=True)
            ],
            "Hard": wijkrekening.grades(rows.assign(bedrag=rows["bedrag"].where(~signed))),
        }
    )
    totals = (*wijkrekening.NAMES, *RIJK)
    return show.table(frame, titel, {"Bedrag": str}, note=note, totals=totals)


@once
def rijk_account(flows: Flows) -> pd.DataFrame:
    """Return what the Rijk brings, takes, and brings more than it takes.

    As `wijkrekening.sector`, with what it brings first and the sign of the balance turned.
    """
    rows = wijkrekening.sector(flows, "rijk", RIJK)
    order = rows["kant"].map({"uit": 0, "in": 1, "saldo": 2})
    rows["bedrag"] = rows["bedrag"].mask(rows["kant"] == "saldo", -rows["bedrag"])
    return rows.loc[order.sort_values(kind="stable").index].reset_index(drop=True)


def rijk(rows: pd.DataFrame, titel: str) -> Html:
    """Return `rijk_account` as a table."""
    note = (
        "BTW, accijns en belasting op energie en auto's betalen bewoners via de winkel, het "
        "energiebedrijf en de garage."
    )
    return account(rows, titel, note, _RIJK_SIDES)


def firms(rows: pd.DataFrame, titel: str) -> Html:
    """Return what firms make by sector as a table; `rows` as `firms.totals`."""
    frame = pd.DataFrame({"Soort bedrijf": rows["naam"]})
    frame["Vestigingen"] = [_count(r.vestigingen, r.vestigingen_se) for r in rows.itertuples()]
    for column, head in (
        ("omzet", "Omzet"),
        ("toegevoegde_waarde", "Toegevoegde waarde"),
        ("lonen", "Lonen"),
    ):
        pairs = zip(rows[column], rows[f"{column}_se"], strict=True)
        frame[head] = [interval(value, se) for value, se in pairs]
    return show.table(
        frame,
        titel,
        {"Vestigingen": str},
        note="Aantal vestigingen maal landelijke bedragen. De omzet van een winkel is hier wat zij "
        "zelf toevoegt, zonder de inkoop van wat zij verkoopt. Scholen, zorg en overheid staan bij "
        "de instellingen.",
    )


def _count(value: float, se: float) -> str:
    unit = dutch.rounding_unit(value, se) if value else 1.0
    return number(round(value / unit) * unit)


def firms_sentence(rows: pd.DataFrame, naam: str) -> str:
    """Say what firms make; `rows` as `firms.totals`."""
    known = rows[rows["toegevoegde_waarde"] > 0]
    if known.empty:
        return f"Over bedrijven in {naam} is niets bekend."
    value = known["toegevoegde_waarde"].sum()
    # Each sector has kengetallen of its own.
    error = float(np.sqrt((known["toegevoegde_waarde_se"] ** 2).sum()))
    largest = known.sort_values("toegevoegde_waarde", ascending=False)["naam"].iloc[0]
    return (
        f"Bedrijven in {naam} voegen samen naar schatting {interval(value, error)} per jaar aan "
        "waarde toe, als het kleine bedrijven zijn. Het meeste komt van "
        f"{dutch.lower_first(largest)}. Staat er een groot bedrijf, dan is het echte bedrag hoger, "
        "soms enkele keren."
    )


def rijk_sentence(rows: pd.DataFrame, naam: str) -> str:
    """Say what the Rijk brings and takes; `rows` as `rijk_account`."""
    table = rows.set_index("regel").reindex([*RIJK])
    taken, brought, left = (table.loc[name] for name in RIJK)
    if not (is_known(taken["bedrag"]) and is_known(brought["bedrag"])):
        return f"Wat het Rijk in {naam} brengt en haalt, is niet bekend."
    text = (
        f"Voor {naam} betaalt het Rijk naar schatting {interval(brought['bedrag'], brought['se'])} "
        "per jaar aan uitkeringen, toeslagen, zorg, onderwijs en aan de gemeente. Het haalt "
        f"{interval(taken['bedrag'], taken['se'])} aan belasting en premies op. Niet alles is "
        "geteld: geen wegen en veiligheid, en geen belasting op vermogen. "
    )
    margin = dutch.Z90 * left["se"]
    if abs(left["bedrag"]) <= margin:
        return text + "Wat van de twee meer is, is met deze schatting niet te zeggen."
    more = "brengt" if left["bedrag"] > 0 else "haalt"
    rest = interval(abs(left["bedrag"]), left["se"])
    return text + f"Van wat geteld is {more} het Rijk hier meer: {rest}."


def closing_sentence(closed: pd.DataFrame) -> str:
    """Say how far the flows had to move to close; `closed` as `wijkrekening.close`."""
    flagged = closed.loc[closed["gemarkeerd"], "regel"].unique().tolist()
    moved = closed.reindex(closed["aanpassing"].abs().sort_values(ascending=False).index)
    first = moved.iloc[0]
    text = (
        "Bronnen spreken elkaar tegen. Daarom passen we elk bedrag zo weinig mogelijk aan, en een "
        "onzeker bedrag meer dan een zeker bedrag, tot de rekeningen sluiten. "
    )
    if _change(first["aanpassing"]) == _NONE:
        text += "Hier was geen aanpassing nodig. "
    else:
        text += f"Het meeste schuift «{first['regel']}»: {_change(first['aanpassing'])}. "
    if flagged:
        names = dutch.join([f"«{name}»" for name in flagged[:_NAMED]])
        more = "onder meer " if flagged[_NAMED:] else ""
        return text + (
            f"Let op: meer dan twee standaardfouten schuift {more}{names}. Daar klopt een bron of "
            "een schatting niet."
        )
    return text + "Geen bedrag schuift meer dan twee standaardfouten."


def closing(closed: pd.DataFrame, titel: str) -> Html:
    """Return all flows before and after closing as a table; `closed` as `wijkrekening.close`."""
    frame = pd.DataFrame(
        {
            "Regel": closed["regel"],
            "Van": closed["van"].astype(str).map(NAMES),
            "Naar": closed["naar"].astype(str).map(NAMES),
            "Geschat": [interval(r.bedrag, r.se) for r in closed.itertuples()],
            "Sluitend": [about(r.sluitend, r.se_sluitend) for r in closed.itertuples()],
            "Aanpassing": [_change(value) for value in closed["aanpassing"]],
            "In standaardfouten": [number(value, 1) for value in closed["sprong"]],
            "Let op": ["meer dan 2" if flag else "" for flag in closed["gemarkeerd"]],
        }
    )
    return show.table(frame, titel, {"Sluitend": str, "Aanpassing": str, "In standaardfouten": str})


def _change(value: float) -> str:
    if abs(value) < 500:
        return _NONE
    return f"{about(abs(value))} {'meer' if value > 0 else 'minder'}"


def balances(rows: pd.DataFrame, titel: str) -> Html:
    """Return what comes in, goes out and is not explained, by sector, before closing.

    `rows` as `wijkrekening.balances`.
    """
    frame = pd.DataFrame(
        {
            "Rekening van": rows["sector"].map(NAMES),
            "Komt erin": [about(value) for value in rows["in"]],
            "Gaat eruit": [about(value) for value in rows["uit"]],
            "Verschil": [interval(r.saldo, r.se, signed=True) for r in rows.itertuples()],
            "Wat het verschil is": [
                _difference(r.sluit, abs(r.saldo) > dutch.Z90 * r.se) for r in rows.itertuples()
            ],
        }
    )
    return show.table(
        frame,
        titel,
        {"Komt erin": str, "Gaat eruit": str},
        note="De rekeningen van huishoudens, bedrijven en instellingen horen te sluiten; wat niet "
        "klopt heet «niet verklaard». De rekening van bedrijven is uit één stel kengetallen "
        "gemaakt en sluit daardoor bijna vanzelf: dat bewijst niets. De andere rekeningen hoeven "
        "voor één gebied niet te sluiten: hun saldo is een uitkomst.",
    )


def _difference(closes: bool, beyond: bool) -> str:
    if not closes:
        return "saldo met de rest van het land"
    return "niet verklaard, groter dan de marge" if beyond else "niet verklaard"


def size_note(inwoners: float) -> str:
    """Say that the shares which stay are those of a wijk, for an area of another size."""
    if WIJK[0] <= inwoners <= WIJK[1]:
        return ""
    return (
        "Let op: welk deel van het geld blijft, schatten wij voor een wijk. Voor een gebied van "
        "deze grootte kennen wij die delen niet. Hoe groter het gebied, hoe meer er blijft."
    )


def matrix(table: pd.DataFrame, titel: str) -> Html:
    """Return a social accounting matrix, receivers by payers; as `wijkrekening.matrix`."""
    millions = (table / 1e6).rename(index=NAMES, columns=NAMES)
    frame = millions.map(_cell).reset_index(names="Aan")
    frame["Samen"] = [_cell(x) for x in millions.sum(axis=1, min_count=1)]
    last = {"Aan": "Samen"} | {n: _cell(x) for n, x in millions.sum(min_count=1).items()}
    last["Samen"] = _cell(float(millions.sum().sum()))
    frame = pd.concat([frame, pd.DataFrame([last])], ignore_index=True)
    return show.table(
        frame,
        titel,
        dict.fromkeys(frame.columns[1:], str),
        note="In miljoenen euro per jaar, na het sluiten. Elke kolom zegt aan wie die rekening "
        "betaalt. Een leeg vak: geen geld of niet geboekt.",
        totals=("Samen",),
    )


def _cell(millions: float) -> str:
    return "" if pd.isna(millions) else number(millions, 1)


def round_sentence(figures: pd.DataFrame, naam: str) -> str:
    """Say what leaks away and how often a euro goes round; `figures` as `wijkrekening.ranges`."""
    needed = ["lek wijk", *(f"lek {name}" for name in wijkrekening.CLOSED)]
    if not figures["waarde"].reindex(needed).notna().all():
        return _UNKNOWN_ROUND
    leak, home, lm3 = (figures.loc[i] for i in ("lek wijk", "bewoners", "lm3"))
    return (
        f"Van elke euro die mensen, bedrijven, instellingen en de gemeente voor {naam} uitgeven, "
        f"verlaat naar schatting {percents(leak['laag'], leak['hoog'])} de wijk. Dat "
        "geld gaat naar leveranciers, werkers en verhuurders van elders, naar het Rijk, of naar de "
        "spaarrekening. "
        f"Een euro extra voor bewoners wordt in de wijk samen {_factor(home)} euro, aan inkomen "
        f"van bewoners en omzet van bedrijven. Na drie rondes is dat {_factor(lm3)} euro (LM3). De "
        "tabel hieronder telt ook wat instellingen en gemeente ontvangen; daar is het meer."
    )


def _factor(row: pd.Series) -> str:
    low, high = number(row["laag"], 2), number(row["hoog"], 2)
    return low if low == high else f"{low} tot {high}"


def round_table(figures: pd.DataFrame, titel: str) -> Html:
    """Return leakage and multiplier by sector; `figures` as `wijkrekening.ranges`."""
    rows = []
    for name in multipliers.INSIDE:
        leak, times = figures.loc[f"lek {name}"], figures.loc[f"multiplier {name}"]
        rows.append(
            {
                "Wie geeft uit": NAMES[name],
                "Verlaat de wijk": percents(leak["laag"], leak["hoog"]),
                "In de wijk per extra euro": _factor(times)
                if is_known(times["waarde"])
                else dutch.UNKNOWN,
            }
        )
    return show.table(
        pd.DataFrame(rows),
        titel,
        dict.fromkeys(["Verlaat de wijk", "In de wijk per extra euro"], str),
        note="Grenzen waar wij het antwoord negen van de tien keer tussen verwachten. Sparen telt "
        "hier als verlaten, al blijft dat geld van de bewoners zelf. De laatste kolom telt wat "
        "bewoners, bedrijven, instellingen en gemeente samen ontvangen.",
    )


def leaks(rows: pd.DataFrame, titel: str) -> Html:
    """Return the largest leaks that people can influence; `rows` as `wijkrekening.leaks`."""
    frame = pd.DataFrame(
        {
            "Wat de wijk verlaat": rows["post"],
            "Wie betaalt": rows["van"].astype(str).map(NAMES),
            "Bedrag per jaar": [between(r.laag, r.hoog) for r in rows.itertuples()],
            "Wat eraan te doen is": rows["reden"],
        }
    )
    return show.table(frame, titel)


def grades_explained() -> Html:
    """Say what the grades of hardness mean."""
    limits = wijkrekening.GRADES
    items = [f"{name}: de marge is hooguit {percent(limit)}" for name, limit in limits.items()]
    items.append(f"E: de marge is groter dan {percent(max(limits.values()))}")
    return show.bullets(items)
