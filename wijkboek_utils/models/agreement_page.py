"""The agreements as pages to print: one sheet of A4 for each, to read, fill in and sign."""

from typing import Any

import pandas as pd

from wijkboek_utils import dutch, pages, show, sources
from wijkboek_utils.dutch import about, between
from wijkboek_utils.pilots import Pilot

MOST = 60  # agreements on the page; the table has them all
_ROWS = 6  # years on a sheet
_LONG = 160  # letters of a text that people wrote, on a sheet
_UNITS = 2  # kengetallen that are told on a sheet
_SHORT = 50  # letters of a name
_SUMS = ["betaalt", "bruto", "netto", "voorzichtig", "terug"]
_GRADES = {1: "een vermoeden", 5: "vaak en goed onderzocht"}


def page(pilot: Pilot, credits: list[str], concept: bool = False) -> str:
    """Return the agreements of a pilot whose notebooks have run, as one self-contained page.

    `credits` is what its sources ask to be named with; a `concept` says so across its head. Raises
    Fout when a processed table is not there.
    """
    names = ("afspraken", "afspraken_jaren", "kengetallen_plannen")
    tables = [sources.read_table(pilot.slug, name) for name in names]
    return render(pilot, tables[0], tables[1], tables[2], credits, concept)


def render(
    pilot: Pilot,
    afspraken: pd.DataFrame,
    jaren: pd.DataFrame,
    kengetallen: pd.DataFrame,
    credits: list[str],
    concept: bool = False,
) -> str:
    """Return the page; `afspraken` and `jaren` as `agreement.draft`, `kengetallen` as `used`."""
    largest = afspraken.sort_values("netto", ascending=False, kind="stable").head(MOST)
    rows = largest.astype("object").where(largest.notna(), None).to_dict("records")
    shown = [_deal(row, jaren[jaren["nummer"] == row["nummer"]], kengetallen) for row in rows]
    return str(
        pages.templates()
        .get_template("overeenkomst.html.j2")
        .render(
            pilot=pilot,
            deals=shown,
            left=len(afspraken) - len(shown),
            credits=credits,
            concept=concept,
            style=pages.style(pilot.huiskleuren),
        )
    )


def _deal(row: dict[str, Any], jaren: pd.DataFrame, kengetallen: pd.DataFrame) -> dict[str, Any]:
    """Return what the template fills in for one agreement."""
    short = {name: dutch.name(row[name] or "", _SHORT) for name in _NAMES}
    facts = row | short | {"resultaat": dutch.name(row["resultaat"], _LONG).rstrip(".")}
    alone = row["budget"] is None
    return {
        "nummer": row["nummer"],
        "activiteit": dutch.capital(facts["activiteit"]),
        "resultaat": facts["resultaat"],
        "trekker": facts["trekker"],
        "illustratie": row["illustratie"] or "",
        "partijen": _parties(facts, alone),
        "verbinden": _tie(facts, alone),
        "meegaan": _move(facts, alone),
        "terugvloeien": _back(facts, alone),
        "vul_in": not alone and not row["terug"],
        "tabel": _table(facts, jaren, alone).html,
        "meten": _measured(facts),
        "voet": _foot(facts, kengetallen),
    }


_NAMES = ["activiteit", "trekker", "budget", "houder", "baatbudget", "baathouder", "doel"]


def _parties(facts: dict[str, Any], alone: bool) -> list[tuple[str, str, str]]:
    """Return who signs: role, name, and what they bring."""
    saver = f"Budget «{facts['baatbudget']}», doel: {facts['doel']}. "
    if facts["baat_betaalt"]:
        saver += f"Betaalt {about(facts['baat_betaalt'])} mee. "
    saver += f"Bespaart naar verwachting netto {about(facts['netto'])}."
    second = ("Baathouder", facts["baathouder"], saver)
    if alone:
        return [
            ("Budgethouder en baathouder", facts["baathouder"], saver),
            ("Trekker", facts["trekker"], "Doet het werk en krijgt daarvoor het geld."),
        ]
    payer = f"Budget «{facts['budget']}». Betaalt {about(facts['betaalt'])} aan het plan, "
    payer += "één keer voor alle afspraken over dit plan."
    return [("Budgethouder", facts["houder"], payer), second]


def _tie(facts: dict[str, Any], alone: bool) -> str:
    """Return agreement 1: what is tied to what, how it works and on what evidence."""
    grade = facts["bewijs"]
    told = f", {_GRADES[grade]}" if grade in _GRADES else ""
    why = dutch.lower_first(dutch.name(facts["mechanisme"], _LONG)).rstrip(".")
    tied = f"Daarom horen de budgetten «{facts['budget']}» en «{facts['baatbudget']}» hier samen."
    if alone:
        tied = f"Daarom mag het budget «{facts['baatbudget']}» hiervoor betalen."
    return (
        f"Door dit plan is er minder geld nodig voor het doel «{facts['doel']}». {tied} Hoe dat "
        f"werkt: {why}. Hoe goed dat is bewezen: {grade} van 5{told}."
    )


def _move(facts: dict[str, Any], alone: bool) -> str:
    """Return agreement 2: what part of the budget moves when more is saved than was paid."""
    cost = f"Het hele plan kost {about(facts['kosten'])}. "
    if not facts["ruimte"]:
        return f"{cost}Naar verwachting is de besparing niet groter. Er gaat dan geen budget mee."
    to = f"het plan van {facts['trekker']}" if alone else f"«{facts['budget']}»"
    low = facts["ruimte_voorzichtig"]
    least = f"voorzichtig gerekend {about(low) if low else 'niets'}"
    return (
        f"{cost}Is de gemeten besparing groter, dan mag dat deel van «{facts['baatbudget']}» "
        f"verhuizen naar {to}. Naar verwachting is dat hoogstens {about(facts['ruimte'])}, {least}."
        + ("" if alone else " Wat volgens afspraak 3 al terugvloeit, gaat daarvan af.")
    )


def _back(facts: dict[str, Any], alone: bool) -> str:
    """Return agreement 3: what part of the saving flows back, how much, and in which years."""
    if alone:
        return (
            "Wie betaalt, bespaart hier zelf. Er vloeit dus niets terug naar een ander. Wat er met "
            "de besparing gebeurt, spreken partijen samen af."
        )
    if not facts["terug"]:
        return "In het plan staat niet welk deel van de besparing terugvloeit."
    first, last = facts["terug_van"], facts["terug_tot"]
    years = f"in {first}" if first == last else f"van {first} tot en met {last}"
    return (
        f"Van de gemeten besparing gaat {dutch.percent(facts['terug_deel'])} terug naar "
        f"«{facts['budget']}», {years}. Naar verwachting is dat samen {about(facts['terug'])}."
    )


def _table(facts: dict[str, Any], jaren: pd.DataFrame, alone: bool) -> show.Html:
    """Return the amounts of each year, with an empty cell for what is measured."""
    rows = jaren.assign(jaar=jaren["jaar"].astype("str"))
    if len(rows) > _ROWS:
        first, rest = rows.iloc[: _ROWS - 1], rows.iloc[_ROWS - 1 :]
        span = f"{rest['jaar'].iloc[0]}–{rest['jaar'].iloc[-1]}"
        later = {**rest[_SUMS].sum(), "jaar": span, "eenheden": float("nan"), "claims": None}
        rows = pd.concat([first, pd.DataFrame([later])])
    whole = {**jaren[_SUMS].sum(), "jaar": "Samen", "eenheden": float("nan"), "claims": ""}
    rows = pd.concat([rows, pd.DataFrame([whole])])
    frame = pd.DataFrame(
        {
            "Jaar": rows["jaar"],
            "Betaalt": rows["betaalt"],
            "Minder nodig": [_units(count) for count in rows["eenheden"]],
            "Bruto": rows["bruto"],
            "Netto": rows["netto"],
            "Voorzichtig": rows["voorzichtig"],
            "Vloeit terug": rows["terug"],
            "Gemeten (invullen)": "",
            "Claim": [_first(*row) for row in zip(rows["claims"], rows["eenheden"], strict=True)],
        }
    )
    formats: dict[str, show.Format] = dict.fromkeys(frame.columns[3:7], about)
    formats |= {"Betaalt": dutch.euro, "Minder nodig": str}
    unit = (
        f", minder nodig in {dutch.many(dutch.name(facts['eenheid'], 24))}"
        if facts["eenheid"]
        else ""
    )
    caption = f"Verwacht per jaar, in prijzen van {facts['prijsjaar']}{unit}"
    frame = frame.drop(columns="Vloeit terug") if alone else frame
    return show.table(frame, caption, formats, totals=("Samen",))


def _units(value: float) -> str:
    """Return a number of units in a year; over years together nobody counts them."""
    if not dutch.is_known(value):
        return ""
    return dutch.number(value, 0 if value >= 10 or value == round(value) else 1)


def _first(claims: object, units: float) -> str:
    """Return the first number of a year, and how many there are more."""
    if units == 0:
        return "geen"
    if not isinstance(claims, str):
        return "zie de tabel «claims»"
    first, *more = claims.split() or [""]
    return f"{first} en nog {len(more)}" if more else first


def _measured(facts: dict[str, Any]) -> str:
    who = f" bij «{dutch.name(facts['voor_wie'])}»" if facts["voor_wie"] else ""
    return (
        f"In het eerste kwartaal na elk jaar tellen we{who} hoeveel er minder nodig was. Dat getal "
        "komt in de tabel. Afspraak 2 en 3 gaan over wat is gemeten, niet over wat is "
        "verwacht."
    )


def _foot(facts: dict[str, Any], kengetallen: pd.DataFrame) -> str:
    """Return in small print what the amounts rest on."""
    used = kengetallen[kengetallen["id"].isin(facts["kengetal"].split(";"))]
    told = [
        f"{dutch.name(row.naam)}: {dutch.number(row.waarde, 0 if row.waarde >= 100 else 2)} "
        f"{row.eenheid}, prijzen van {row.jaar}. Bron: {dutch.name(row.bron, _LONG).rstrip('.')}"
        for row in used.head(_UNITS).itertuples()
    ]
    told += ["Meer staat in het rapport"] * (len(used) > _UNITS)
    span = between(facts["voorzichtig"], facts["netto"])
    return (
        "Bruto: als het lukt. Netto: maal de kans, en zonder wat ook zonder het plan was gebeurd. "
        f"Voorzichtig: met meer aftrek. De besparing is dus {span}. Een claim is het nummer van "
        f"een besparing: die kan maar één keer worden beloofd. Kengetal: {'. '.join(told)}."
    )
