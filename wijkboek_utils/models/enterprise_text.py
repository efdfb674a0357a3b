"""The wijkbedrijf in words, tables and pictures: an example, as every caption says."""

import pandas as pd

from wijkboek_utils import charts, dutch, show
from wijkboek_utils.charts import Range
from wijkboek_utils.dutch import is_known
from wijkboek_utils.models import enterprise_picture, plugging
from wijkboek_utils.models.enterprise import ON_BENEFIT
from wijkboek_utils.models.enterprise_books import EURO, FIXED, LEVEL, OUT
from wijkboek_utils.show import Html

EXAMPLE = "Rekenvoorbeeld"
CASH = "kas zonder startgeld"
_TOP = 8  # assumptions in the picture of what matters
_OWN = "wijkbedrijf: "  # how the names of its kengetallen begin
_LABEL = 46  # letters of an assumption on a line of that picture
_NEVER = "niet binnen tien jaar"
_SHOWN = [0, 1, 2, 3, 5, 10]  # years in the table of the plan


def opening(pakketten: pd.DataFrame, uitkomst: pd.DataFrame, naam: str) -> str:
    """Say when the wijkbedrijf pays for itself, how deep the till goes and how many people work."""
    if pakketten.empty:
        return (
            f"{EXAMPLE}: in de boeken van {naam} staat geen betaald werk waarvan iemand zei dat de "
            "wijk het kan doen. Zonder opdrachten valt er geen wijkbedrijf door te rekenen."
        )
    own, deep = _measure(uitkomst, "eigen benen"), _measure(uitkomst, "diepste kas")
    people, year = (
        _measure(uitkomst, m) for m in ("bewoners laatste jaar", "jaar van diepste kas")
    )
    chance = round(_measure(uitkomst, "kans eigen benen")["waarde"] * 100)
    when = f"in jaar {own['waarde']:.0f}" if is_known(own["waarde"]) else _NEVER
    return (
        f"{EXAMPLE}: een wijkbedrijf in {naam} staat volgens ons plan {when} op eigen benen; in "
        f"{chance} van de 100 berekeningen lukt dat binnen tien jaar. Zonder startgeld is het "
        f"tekort in jaar {year['waarde']:.0f} het grootst: {euros(-deep['hoog'], -deep['laag'])}. "
        f"Na tien jaar werken er {amounts(people['laag'], people['hoog'])} bewoners."
    )


def euros(low: float, high: float) -> str:
    """Return a wide range of EUR, each end to its own two digits: `€ 27.000 tot € 1,2 miljoen`."""
    first, last = (dutch.about(x) if x else dutch.euro(0) for x in (low, high))
    return first if first == last else f"{first} tot {last}"


def amounts(low: float, high: float, what: str = "") -> str:
    """Return a wide range of hours or people, each end to its own first digit: `4 tot 80`."""
    first, last = (dutch.estimate(x, abs(x) / 2) for x in (low, high))
    told = first if first == last else f"{first} tot {last}"
    return f"{told} {what}".strip()


def _measure(uitkomst: pd.DataFrame, maat: str) -> pd.Series:
    return uitkomst.set_index("maat").loc[maat]


def facts(uitkomst: pd.DataFrame) -> Html:
    """Return what matters of the plan as a table with its ranges."""
    rows = [
        ("Eerste jaar zonder verlies", *_years(_measure(uitkomst, "eigen benen"))),
        ("Alle verlies terugverdiend", *_years(_measure(uitkomst, "terugverdiend"))),
        ("Grootste tekort zonder startgeld", *_lack(_measure(uitkomst, "diepste kas"))),
        ("Tekort met startgeld", *_euros(_measure(uitkomst, "tekort startgeld"))),
        ("Opdrachten in jaar 10", *_euros(_measure(uitkomst, "opdrachten laatste jaar"))),
        ("Opdrachten nodig om rond te komen", *_least(_measure(uitkomst, "nodig"))),
        ("Resultaat in jaar 10", *_euros(_measure(uitkomst, "resultaat laatste jaar"))),
        ("Mensen die er werken in jaar 10", *_people(_measure(uitkomst, "mensen laatste jaar"))),
    ]
    frame = pd.DataFrame(rows, columns=["Wat", "Ons plan", "Bereik"])
    note = (
        "Het bereik geldt in negen van de tien berekeningen. Startgeld is een subsidie en een "
        "lening. Wie blijft verliezen, stopt eerder dan na tien jaar."
    )
    title = f"{EXAMPLE}: de uitkomst van het plan"
    return show.table(frame, title, dict.fromkeys(["Ons plan", "Bereik"], str), note)


def _years(row: pd.Series) -> tuple[str, str]:
    middle, low, high = (
        f"jaar {x:.0f}" if is_known(x) else _NEVER
        for x in (row["waarde"], row["laag"], row["hoog"])
    )
    return middle, middle if low == high == middle else f"{low} tot {high}"


def _euros(row: pd.Series) -> tuple[str, str]:
    return euros(row["waarde"], row["waarde"]), euros(row["laag"], row["hoog"])


def _lack(row: pd.Series) -> tuple[str, str]:
    return euros(-row["waarde"], -row["waarde"]), euros(-row["hoog"], -row["laag"])


def _least(row: pd.Series) -> tuple[str, str]:
    """Return an amount of which only the lower end says something: above it there is no limit."""
    return dutch.about(row["waarde"]), f"{dutch.about(row['laag'])} of meer"


def _people(row: pd.Series) -> tuple[str, str]:
    return dutch.number(row["waarde"]), amounts(row["laag"], row["hoog"])


def capacity(uitkomst: pd.DataFrame, naam: str) -> str:
    """Say whether there are people for it: the fourth question to a wijk."""
    known = uitkomst[uitkomst["maat"] == ON_BENEFIT].dropna(subset="waarde")
    if known.empty:
        return f"Hoeveel mensen in {naam} bijstand hebben, is niet bekend."
    people, asked = known["waarde"].iloc[0], _measure(uitkomst, "bewoners laatste jaar")
    return (
        f"In {naam} hebben ongeveer {dutch.number(people)} mensen bijstand. Het wijkbedrijf vraagt "
        f"{amounts(asked['laag'], asked['hoog'], 'bewoners')}. Of zij willen en kunnen, weten wij "
        "niet."
    )


def refused(plan: pd.DataFrame) -> str:
    """Say what it costs when nobody grants a package and the wijkbedrijf stops after a year."""
    costs = plan[(plan["soort"] == OUT) & plan["regel"].isin([*FIXED, "kwartiermaken"])]
    first = costs[costs["jaar"] <= 1]
    lost = first[["laag", "bedrag", "hoog"]].sum()
    return (
        "Gunt niemand een pakket en stopt het na een jaar? Dan is het geld voor voorbereiding en "
        f"plek weg: {dutch.between(lost['laag'], lost['hoog'])}."
    )


def cash(plan: pd.DataFrame, naam: str) -> Html:
    """Return the picture of the till over the years with its range, and its table."""
    title = f"{EXAMPLE}: de kas van een wijkbedrijf in {naam}"
    rows = plan[plan["regel"] == CASH]
    lowest = rows.loc[rows["bedrag"].idxmin()]
    sentence = (
        f"De lijn is ons plan zonder startgeld. Zij is het laagst in jaar {lowest['jaar']}. De "
        "lichte band is het bereik van negen van de tien berekeningen."
    )
    frame = pd.DataFrame(
        {
            "Jaar": [str(jaar) for jaar in rows["jaar"]],
            "Ons plan": rows["bedrag"].to_numpy(),
            "Laag": rows["laag"].to_numpy(),
            "Hoog": rows["hoog"].to_numpy(),
        }
    )
    twin = show.table(frame, title, dict.fromkeys(frame.columns[1:], dutch.about))
    return show.figure(
        title, sentence, enterprise_picture.line(rows, title, sentence), twin, shape="narrow"
    )


def packages(pakketten: pd.DataFrame) -> Html:
    """Return the packages of work, who pays for them now and what they bring at full size."""
    frame = pd.DataFrame(
        {
            "Werk": pakketten["naam"],
            "Wie betaalt": plugging.party(pakketten),
            "Uren per jaar": [amounts(*e) for e in _ends(pakketten, "uren")],
            "Opbrengst per jaar": [euros(*e) for e in _ends(pakketten, "opbrengst")],
        }
    )
    note = (
        "Alleen betaald werk dat met de wijk kan en waarvoor er mensen zijn, volgens hoofdstuk "
        "Werk. Dit is het volgroeide deel, als de opdrachtgever het gunt."
    )
    title = f"{EXAMPLE}: pakketten werk voor een wijkbedrijf"
    right = ["Uren per jaar", "Opbrengst per jaar"]
    return show.table(frame, title, dict.fromkeys(right, str), note)


def _ends(table: pd.DataFrame, name: str) -> zip:
    return zip(table[f"{name}_laag"], table[f"{name}_hoog"], strict=True)


def plan(plan: pd.DataFrame) -> Html:
    """Return income, cost and the till by year."""
    money = plan[(plan["eenheid"] == EURO) & plan["jaar"].isin(_SHOWN)]
    kept = money[money["soort"] != LEVEL]
    levels = money[money["regel"].isin(["kas begin", "kas einde", "resultaat"])]
    rows = pd.concat([kept, levels])
    wide = rows.pivot_table(index=["soort", "regel"], columns="jaar", values="bedrag", sort=False)
    frame = wide.reset_index().rename(columns={jaar: f"Jaar {jaar}" for jaar in _SHOWN})
    frame.insert(0, "Regel", [f"{r.regel} ({r.soort})" for r in frame.itertuples()])
    frame = frame.drop(columns=["soort", "regel"])
    return show.table(
        frame,
        f"{EXAMPLE}: inkomsten, uitgaven en kas",
        dict.fromkeys(frame.columns[1:], _cell),
        "Kas begin plus wat erin komt, min wat eruit gaat, is kas einde. Prijzen van een jaar, "
        "zonder inflatie. Uren van vrijwilligers staan niet in euro's.",
    )


def _cell(amount: float) -> str:
    return dutch.about(amount) if amount else dutch.euro(0)


def sensitivity(gevoeligheid: pd.DataFrame, uitkomst: pd.DataFrame) -> Html:
    """Return the picture of which assumption moves the result of the last year most."""
    if gevoeligheid.empty:
        return show.text("Er is geen aanname met een bereik.")
    ends = gevoeligheid[["bij_laag", "bij_hoog"]].iloc[0]
    middle = float(_measure(uitkomst, "resultaat laatste jaar")["waarde"])
    rows = gevoeligheid.head(_TOP)
    title = f"{EXAMPLE}: wat het resultaat het meest verandert"
    sentence = (
        "Elke balk is het resultaat in jaar 10 als één aanname laag of hoog is. Het streepje is "
        f"ons plan: {dutch.about(middle)}. De langste loopt van {dutch.about(ends.min())} tot "
        f"{dutch.about(ends.max())}."
    )
    drawn = []
    for row in rows.itertuples():
        low, high = sorted([row.bij_laag, row.bij_hoog])
        name = dutch.name(str(row.naam).removeprefix(_OWN), _LABEL)
        drawn.append(Range(name, "", low, middle, high, None))
    rows = rows.assign(naam=rows["naam"].str.removeprefix(_OWN))
    frame = rows[["naam", "bij_laag", "bij_hoog"]].rename(
        columns={"naam": "Aanname", "bij_laag": "Als zij laag is", "bij_hoog": "Als zij hoog is"}
    )
    twin = show.table(frame, title, dict.fromkeys(frame.columns[1:], dutch.about))
    return show.figure(
        title, sentence, charts.ranges(drawn, title, sentence, shared=True), twin, shape="narrow"
    )
