"""What a wijk with plans contributes, filled in as people do: in the templates, CSV and XLSX."""

import csv as csvfile
import io
from pathlib import Path
from typing import Any

import openpyxl

from wijkboek_utils.local import template

CONTACT = "Fenna Zwaluwkamp, bel na zes uur"  # never published
HIDDEN = [
    "Stille Gever Zwartewaal",
    "Verborgen Tuinclub",
    "Zwijgend Fonds Oudwater",
]  # of who is not to be named
ABOUT = {
    "bijdrager": "Wijkraad Kanaleneiland",
    "datum": "1-2-2024",
    "methode": "Aan tafel met de budgethouders ingevuld",
    "licentie": "CC BY 4.0",
    "toestemming": "ja",
    "openbaar_met_naam": "ja",
    "bewaren_tot": "1-1-2034",
}
UNNAMED = ABOUT | {"bijdrager": "Iemand", "openbaar_met_naam": "nee"}
BUURTEN = ["BU03440831", "BU03440832", "BU03440821"]
INCOME, CARE = "gemeente, afdeling werk en inkomen", "Zorgkantoor Vaart"
_MONEY = [
    ("bijstandsgeld", INCOME, "bijstand", 900000, "0,1"),
    ("wijkgroen", "gemeente, afdeling groen", "groen", 60000, "0"),
    ("dagbesteding Vaart", CARE, "dagbesteding", 400000, "15%"),
    ("leefbaarheid", "Corporatie De Brug", "leefbaarheid", 80000, "0,5"),
]
LINK = {
    "minder_laag": "4",
    "minder_nodig": "8",
    "minder_hoog": "11",
    "eenheid": "persoon",
    "kans": "0,7",
    "kengetal": "bijstand_per_persoon",
    "bewijs": "3",
    "voor_wie": "mensen in de bijstand in de wijk",
    "groep": "12",
    "effect_jaren": "3",
    "terug_deel": "0,5",
    "verband": "minder nodig",
    "doel": "bijstand",
    "mechanisme": "wie hier werkt, heeft geen uitkering nodig",
}


def _plan(naam: str, kosten: int, result: str, *links: dict[str, Any], **facts: Any) -> list[dict]:
    """Return the rows of a plan of three years, one for each of its links."""
    base = {"naam": naam, "trekker": "Wijkraad Kanaleneiland", "resultaat": result}
    base |= {"kosten": kosten, "begin": 2026, "jaren": 3, "alles_of_niets": "ja", **facts}
    return [base | link for link in links]


def _own(doel: str, **facts: Any) -> dict[str, Any]:
    return {"doel": doel, "verband": "eigen doel", **facts}


def _less(**facts: Any) -> dict[str, Any]:
    return LINK | facts


_EATING = {"doel": "dagbesteding", "kengetal": "casus_dagbesteding_per_persoon", "groep": ""}
_YOUNG = {"voor_wie": "jongeren zonder werk", "groep": "30"}
PLANS = [
    *_plan("Moestuin", 30000, "acht banen", _own("groen", gevraagd=5000), _less()),
    *_plan(
        "Schoonploeg",
        25000,
        "een schone wijk",
        _own("leefbaarheid"),
        _less(minder_nodig="6", minder_hoog="9", begin=2026),
    ),
    *_plan("Taartenbakkerij", 20000, "taart", _own("suiker", gevraagd=4000), _less(**_YOUNG)),
    *_plan("Praatgroep", 9000, "elke week praten", _less(**_YOUNG, bewijs="")),
    *_plan("Fietsles", 8000, "leren fietsen", _less(**_YOUNG, kengetal="bijstand_per_person")),
    *_plan(
        "Eetclub",
        15000,
        "samen eten",
        _own("leefbaarheid"),
        _less(**_EATING, voor_wie="eenzame ouderen"),
        alles_of_niets="nee",
    ),
]
# Somebody else says something else of one plan, and brings money under no name.
OTHERS = _plan("moestuin", 12000, "kleiner", _own("bijen"), trekker=HIDDEN[1])
_GIFT = {"doel": "leefbaarheid", "bedrag": 5000, "jaar": 2026, "vrij_deel": "1"}
GIFTS = [_GIFT | {"naam": f"gift {nr}", "houder": HIDDEN[nr]} for nr in (0, 2)]

_OFFERS = [
    ("vraag", "ruimte om te koken", "ruimte", 1, "dagen per week", "Eetclub", "buurtmaaltijd"),
    ("vraag", "soeppannen", "gereedschap en materiaal", 4, "stuks", "Eetclub", "buurtmaaltijd"),
    ("vraag", "groente van dichtbij", "eten", 20, "kilo", "Eetclub", "buurtmaaltijd"),
    ("vraag", "bakfiets", "vervoer", 1, "stuks", "Moestuin", ""),
    ("vraag", "les in snoeien", "kennis en les", 3, "uur", "", ""),
    ("aanbod", "keuken om in te koken", "ruimte", 2, "dagen per week", "Buurthuis De Spil", ""),
    ("aanbod", "grote soeppannen", "gereedschap en materiaal", 6, "stuks", "Scouting", ""),
    ("aanbod", "groente uit de tuin", "eten", 50, "kilo", "Moestuin", ""),
    ("aanbod", "bakfiets te leen", "vervoer", 1, "stuks", "Corporatie De Brug", ""),
    ("aanbod", "werkplaats", "ruimte", 1, "dagen per week", "Buurthuis De Spil", ""),
]
_NETWORK = [
    ("Wijkraad Kanaleneiland", "initiatief", 2, "Buurthuis De Spil", "vergadert"),
    ("Buurthuis De Spil", "initiatief", 2, "Eetclub", "deelt een keuken"),
    ("Eetclub", "initiatief", 2, "Moestuin", "krijgt groente"),
    ("Moestuin", "initiatief", 2, "Natuurvrienden", "leent gereedschap"),
    ("Natuurvrienden", "bewoners", 1, "", ""),
    ("Scouting", "bewoners", 1, "Buurthuis De Spil", "deelt een ruimte"),
    ("Corporatie De Brug", "instelling", 3, "Wijkraad Kanaleneiland", "geeft geld"),
    ("Zorgkantoor Vaart", "instelling", 3, "Corporatie De Brug", "overlegt"),
]
_ANSWERS = ["schaal_omlaag", "schaal_omhoog", "met_de_wijk", "vermogen"]
FEW_WORKERS, FEW_HOURS = 4, 31739  # of one row of work: never published
_WORK = [
    ("perken schoffelen", "groen", 2480, 14, "ja", "nee", "ja", "deels"),
    ("koken voor de straat", "voedsel", 1690, 22, "nee", "ja", "ja", "ja"),
    ("klussen bij ouderen", "wonen", 1130, 17, "ja", "deels", "deels", "onbekend"),
    ("formulieren invullen", "bestuur", 940, 12, "ja", "ja", "ja", "nee"),
    ("nachtwacht", "veiligheid", FEW_HOURS, FEW_WORKERS, "nee", "nee", "deels", "nee"),
]


def rows() -> dict[str, tuple[str, dict[str, str], list[dict[str, Any]]]]:
    """Return by name of a file its kind, what it says of itself, and its rows."""
    budget = ("naam", "houder", "doel", "bedrag", "vrij_deel")
    money = [
        dict(zip(budget, one, strict=True)) | {"jaar": year}
        for one in _MONEY
        for year in (2026, 2027, 2028)
    ]
    offer = ("soort", "wat", "categorie", "hoeveelheid", "eenheid", "organisatie", "hoort_bij")
    offers = [dict(zip(offer, one, strict=True)) for one in _OFFERS]
    for nr, one in enumerate(offers):
        who = "initiatief" if one["organisatie"] else "bewoner"
        one |= {"wie": who, "contact": CONTACT, "buurt": BUURTEN[nr % 3]}
    tie = ("naam", "soort", "niveau", "verbonden_met", "aard")
    work = ("naam", "domein", "uren", "mensen", *_ANSWERS)
    done = {"jaar": 2023, "betaald": "onbetaald", "wie": "huishoudens", "buurt": BUURTEN[0]}
    return {
        "budgetten.csv": ("budget", ABOUT, money),
        "plannen.xlsx": ("activiteit", ABOUT, PLANS),
        "prikbord.csv": ("vraag_aanbod", ABOUT, offers),
        "netwerk.xlsx": ("netwerk", ABOUT, [dict(zip(tie, n, strict=True)) for n in _NETWORK]),
        "uren.csv": ("werk", ABOUT, [dict(zip(work, w, strict=True)) | done for w in _WORK]),
        "ander plan.csv": ("activiteit", UNNAMED, OTHERS),
        "gift.xlsx": ("budget", UNNAMED, GIFTS),
    }


def fill(folder: Path) -> list[Path]:
    """Write all files into a folder, each in the template of its kind; return them."""
    made = []
    for name, (kind, about, table) in rows().items():
        made.append(folder / name)
        write(made[-1], kind, about, table)
    return made


def write(path: Path, kind: str, about: dict[str, str], table: list[dict[str, Any]]) -> None:
    """Write rows into the template of a kind: a workbook where the name says so, else CSV."""
    put = _workbook if path.suffix == ".xlsx" else _text
    path.write_bytes(put(kind, about, table))


def _name(label: str) -> str:
    """Return the name of a column or answer as a template labels it: `bedrag (euro) *`."""
    return label.split(" ")[0].rstrip("*:")


def _text(kind: str, about: dict[str, str], table: list[dict[str, Any]]) -> bytes:
    made = io.StringIO()
    for line in template.csv(kind).decode("utf-8-sig").splitlines():
        if line.startswith("#"):
            made.write(line + about.get(_name(line.removeprefix("# ")), "") + "\r\n")
            continue
        columns = [_name(label) for label in next(csvfile.reader([line], delimiter=";"))]
        writer = csvfile.DictWriter(made, columns, delimiter=";")
        made.write(line + "\r\n")
        writer.writerows(table)
        break
    return made.getvalue().encode("utf-8-sig")


def _workbook(kind: str, about: dict[str, str], table: list[dict[str, Any]]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(template.xlsx(kind)))
    sheet, over = book[kind], book["Over"]
    columns = [_name(cell.value) for cell in sheet[1]]
    for nr, row in enumerate(table, start=3):  # below the example
        for place, column in enumerate(columns, start=1):
            sheet.cell(nr, place).value = row.get(column) or None
    for label, answer in over.iter_rows(max_col=2):
        if label.value and _name(label.value) in about:
            answer.value = about[_name(label.value)]
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
