"""Aanbesteden beside inbesteden, wijkkapitaal, stekkeren and ownership in words and tables."""

import pandas as pd

from wijkboek_utils import charts, dutch, show
from wijkboek_utils.charts import Cents
from wijkboek_utils.dutch import is_known
from wijkboek_utils.models import plugging
from wijkboek_utils.models.contracting import (
    ELSEWHERE,
    HERE,
    KEPT,
    NUMBER,
    PRICE,
    PROFIT,
    SOURCE,
    SUBSIDY,
    TENDERED,
    WAGES_ELSEWHERE,
    WAGES_HERE,
    WITHIN,
    WORKERS,
)
from wijkboek_utils.models.enterprise_books import EURO, IN, OUT, PEOPLE
from wijkboek_utils.models.enterprise_text import EXAMPLE, amounts, euros
from wijkboek_utils.show import Html

_COMPUTED, _WORDS = "gerekend", "in woorden"
_NONE = "Er is geen pakket werk om te vergelijken."
# What both ways are for, and whom they stand for, is in no book: the words of the publication.
_MEANT = ("zo veel mogelijk winst, met gelijke processen", "zo veel mogelijk waarde voor de wijk")
_STANDS = ("het bedrijf staat voor de gemeente", "het wijkbedrijf staat voor de wijk")


def rows(inbesteden: pd.DataFrame, pakket: str, pakketten: pd.DataFrame) -> Html:
    """Return the comparison of the publication for one package (`id`), computed where it can be."""
    if inbesteden.empty:
        return show.text(_NONE)
    one = inbesteden[inbesteden["id"] == pakket]
    name = one["pakket"].iloc[0]
    work = pakketten.set_index("id").loc[pakket]
    hours = amounts(work["uren_laag"], work["uren_hoog"], "uur")
    profit = f"{_part(one, TENDERED, PROFIT)} winst, rente en afschrijving"
    told = [
        ("Kracht", _strength(one, TENDERED), _strength(one, WITHIN), _COMPUTED),
        ("Capaciteit", f"werknemers, {hours}", f"{_workers(one)}, met vakkrachten", _COMPUTED),
        ("Beloning", _pay(one, TENDERED), _pay(one, WITHIN), _COMPUTED),
        ("Budget wordt", _turned(one, TENDERED), _turned(one, WITHIN), _COMPUTED),
        ("Winst of waarde", profit, _kept(one), _COMPUTED),
        ("Bedoeling", *_MEANT, _WORDS),
        ("Vertegenwoordigt", *_STANDS, _WORDS),
    ]
    frame = pd.DataFrame(told, columns=["Regel", "Aanbesteden", "Inbesteden", "Hoe"])
    note = (
        "Van elke euro die de opdrachtgever betaalt. Bij inbesteden komt loonkostensubsidie "
        f"erbij: {_part(one, WITHIN, SUBSIDY)}. In lonen zitten ook premies."
    )
    return show.table(frame, f"{EXAMPLE}: {dutch.lower_first(name)}, op twee manieren", note=note)


def _cents(one: pd.DataFrame, manier: str, plek: str) -> str:
    part = one[(one["manier"] == manier) & (one["plek"] == plek) & (one["regel"] != KEPT)]
    return f"{dutch.number(part['deel'].sum() * 100)} cent"


def _workers(one: pd.DataFrame) -> str:
    row = one[one["regel"] == WORKERS].iloc[0]
    return amounts(row["laag"], row["hoog"], "bewoners")


def _strength(one: pd.DataFrame, manier: str) -> str:
    """Return whose work it is: the share of the wages that goes to people of the wijk."""
    wages = one[one["manier"] == manier].set_index("regel")["bedrag"]
    share = wages[WAGES_HERE] / (wages[WAGES_HERE] + wages[WAGES_ELSEWHERE])
    return f"{dutch.percent(share)} van het loon is voor mensen uit de wijk"


def _part(one: pd.DataFrame, manier: str, regel: str) -> str:
    row = one[(one["manier"] == manier) & (one["regel"] == regel)].iloc[0]
    return dutch.percents(row["deel_laag"], row["deel_hoog"], "cent")


def _pay(one: pd.DataFrame, manier: str) -> str:
    return (
        f"loon: {_part(one, manier, WAGES_HERE)} in de wijk, "
        f"{_part(one, manier, WAGES_ELSEWHERE)} daarbuiten"
    )


def _turned(one: pd.DataFrame, manier: str) -> str:
    here, there = (_cents(one, manier, plek) for plek in (HERE, ELSEWHERE))
    return f"{here} in de wijk en {there} daarbuiten"


def _kept(one: pd.DataFrame) -> str:
    row = one[(one["manier"] == WITHIN) & (one["regel"] == KEPT)].iloc[0]
    share = dutch.number(abs(row["deel"]) * 100)
    ends = dutch.percents(row["deel_laag"], row["deel_hoog"], "cent")
    words = "blijft als vermogen" if row["deel"] >= 0 else "komt tekort"
    return f"{share} cent {words}; bereik {ends}"


def landing(inbesteden: pd.DataFrame, pakket: str) -> Html:
    """Return where each euro of one package lands in both ways: a coin a cent, and the table."""
    if inbesteden.empty:
        return show.text(_NONE)
    one = inbesteden[(inbesteden["id"] == pakket) & (inbesteden["plek"] != NUMBER)]
    title = f"{EXAMPLE}: waar een euro voor {dutch.lower_first(one['pakket'].iloc[0])} landt"
    coins = []
    for manier in (TENDERED, WITHIN):
        part = one[(one["manier"] == manier) & (one["plek"] != SOURCE)]
        paid = part["deel"].clip(lower=0.0)
        stay = round(paid[part["plek"] == HERE].sum() * 100)
        leave = round(paid[part["plek"] == ELSEWHERE].sum() * 100)
        coins.append(Cents(manier, stay, leave))
    sentence = (
        "Een dichte munt komt in de wijk terecht, een open munt daarbuiten. Inbesteden telt meer "
        "dan honderd cent, omdat er loonkostensubsidie bij komt."
    )
    frame = one[["manier", "regel", "plek", "bedrag"]].rename(
        columns={"manier": "Manier", "regel": "Regel", "plek": "Waar", "bedrag": "Per jaar"}
    )
    frame["Cent per euro"] = [
        dutch.percents(low, high, "cent")
        for low, high in zip(one["deel_laag"], one["deel_hoog"], strict=True)
    ]
    svg = charts.coins(coins, ("landt in de wijk", "landt daarbuiten"), title, sentence)
    return show.figure(
        title,
        sentence,
        svg,
        show.table(frame, title, {"Per jaar": dutch.about, "Cent per euro": str}),
        shape="narrow",
    )


def all_packages(inbesteden: pd.DataFrame) -> str:
    """Say what lands in the wijk of all packages together, in both ways."""
    if inbesteden.empty:
        return ""
    paid = inbesteden[inbesteden["regel"] == PRICE].groupby("manier")["bedrag"].sum()
    here = inbesteden[(inbesteden["plek"] == HERE) & (inbesteden["regel"] != KEPT)]
    landed = here.groupby("manier")["bedrag"].sum() / paid
    first, second = (f"{dutch.number(landed[m] * 100)} cent" for m in (TENDERED, WITHIN))
    told = (
        f"Over alle pakketten samen landt bij aanbesteden {first} van elke euro in de wijk, en bij "
        f"inbesteden {second}."
    )
    within = inbesteden[(inbesteden["regel"] == KEPT) & (inbesteden["manier"] == WITHIN)]
    left = float(within["bedrag"].sum() / paid[WITHIN])
    if left < -0.005:  # more than half a cent
        told += f" Maar er komt dan {dutch.number(-left * 100)} cent per euro tekort."
    return told


def capital(wijkkapitaal: pd.DataFrame) -> Html:
    """Return the wijkkapitaal by kind: counted in its own unit, or named."""
    frame = pd.DataFrame(
        {
            "Soort": wijkkapitaal["soort"],
            "Wat": wijkkapitaal["wat"],
            "Ons plan": [_amount(r, "waarde") for _, r in wijkkapitaal.iterrows()],
            "Bereik": [_range(r) for _, r in wijkkapitaal.iterrows()],
        }
    )
    note = (
        "Per jaar in jaar 10; het eigen vermogen is de stand na tien jaar. Wat niet te tellen is, "
        "rekenen wij niet om in euro's."
    )
    title = f"{EXAMPLE}: het wijkkapitaal dat een wijkbedrijf opbouwt"
    return show.table(frame, title, dict.fromkeys(["Ons plan", "Bereik"], str), note)


def _amount(row: pd.Series, column: str) -> str:
    if not is_known(row[column]):
        return "niet geteld"
    if row["eenheid"] == EURO:
        return dutch.about(row[column]) if row[column] else dutch.euro(0)
    return f"{dutch.estimate(row[column], abs(row['hoog'] - row['laag']) / 4)} {row['eenheid']}"


def _range(row: pd.Series) -> str:
    if not is_known(row["waarde"]):
        return "niet geteld"
    if row["eenheid"] == EURO:
        return euros(row["laag"], row["hoog"])
    return amounts(row["laag"], row["hoog"], row["eenheid"])


def plugs(stekkers: pd.DataFrame) -> Html:
    """Return who plugs what in and gets what out."""
    frame = pd.DataFrame(
        {
            "Wie": stekkers["partij"],
            "Stekkert in": stekkers["stekker"],
            "Geld per jaar": [_paid(r) for _, r in stekkers.iterrows()],
            "Uren per jaar": [
                amounts(low, high) if is_known(low) else plugging.NOTHING
                for low, high in zip(stekkers["uren_laag"], stekkers["uren_hoog"], strict=True)
            ],
            "Krijgt": stekkers["krijgt"],
        }
    )
    note = (
        "Verwacht, met de kans dat een opdrachtgever niet meedoet. Van wie betaalt zijn de uren "
        "gedaan werk, van bewoners hun eigen tijd."
    )
    title = f"{EXAMPLE}: wie inplugt en wat dat oplevert"
    return show.table(frame, title, dict.fromkeys(["Geld per jaar", "Uren per jaar"], str), note)


def _paid(row: pd.Series) -> str:
    if is_known(row["geld"]):
        return euros(row["geld_laag"], row["geld_hoog"])
    return "geen: tijd" if row["partij"] == plugging.RESIDENTS else plugging.NOTHING


def shared(synergie: pd.DataFrame) -> str:
    """Say what doing things together saves, and who gets it."""
    if synergie.empty:
        return "Zonder stekkers is er niets samen te doen, en dus geen besparing."
    last = synergie.iloc[-1]
    rest = (
        "Er blijft niets over voor anderen."
        if last["over"] <= 0
        else f"Er blijft {dutch.about(last['over'])} over voor iedereen."
    )
    return (
        f"Met {dutch.plural(last['stekkers'], 'stekker', 'stekkers')} is de besparing ongeveer "
        f"{dutch.about(last['bedrag'])} per jaar. Dat dekt {dutch.percent(last['dekt'])} van de "
        f"vaste kosten van het wijkbedrijf. {rest}"
    )


def ownership(rendement: pd.DataFrame) -> Html:
    """Return what owning a building or a wind turbine asks and brings."""
    frame = pd.DataFrame(
        {
            "Bezit": rendement["bezit"],
            "Inleg van leden": [dutch.about(x) for x in rendement["inleg"]],
            "Vergoeding aan leden per jaar": [
                _rate(r["rendement_laag"], r["rendement_hoog"]) for _, r in rendement.iterrows()
            ],
            "Aan het eind voor de wijk": [
                euros(low, high)
                for low, high in zip(rendement["wijk_laag"], rendement["wijk_hoog"], strict=True)
            ],
            "Kas raakt leeg": [
                f"in {dutch.number(x * 100)} van de 100 berekeningen"
                for x in rendement["kans_tekort"]
            ],
        }
    )
    note = (
        "Met een lening. In prijzen van een jaar, zonder inflatie. Onder 0 verliezen leden een "
        "deel van hun inleg."
    )
    return show.table(frame, f"{EXAMPLE}: een gebouw of een windmolen bezitten", note=note)


def _rate(low: float, high: float) -> str:
    if not is_known(low):
        return "geen"
    if low <= -0.99:
        return f"alles kwijt tot {dutch.percent(high, 1)}"
    first, last = dutch.number(low * 100, 1), dutch.percent(high, 1)
    return last if low == high else f"{first} tot {last}"


def yearly(bezit: pd.DataFrame) -> Html:
    """Return what comes in and goes out of each in its first year, with the range."""
    first = bezit[(bezit["jaar"] == 1) & bezit["soort"].isin([IN, OUT]) & (bezit["hoog"] > 0)]
    frame = pd.DataFrame(
        {
            "Bezit": first["bezit"],
            "Regel": [f"{r.regel} ({r.soort})" for r in first.itertuples()],
            "In jaar 1": [euros(x, x) for x in first["bedrag"]],
            "Bereik": [euros(*e) for e in zip(first["laag"], first["hoog"], strict=True)],
        }
    )
    title = f"{EXAMPLE}: wat bezit per jaar opbrengt en kost"
    return show.table(frame, title, dict.fromkeys(["In jaar 1", "Bereik"], str))


def counts(wijkkapitaal: pd.DataFrame) -> str:
    """Say what is for all: hours in the green, of learning, and people who meet."""
    known = wijkkapitaal.set_index("soort")
    hours, green = known.loc["vaardigheden"], known.loc["groen"]
    people = known.loc["ontmoeting"]
    return (
        f"Voor iedereen is er elk jaar {amounts(green['laag'], green['hoog'], 'uur')} werk in het "
        f"groen, en {amounts(hours['laag'], hours['hoog'], 'uur')} leren. Op het werk zien "
        f"{amounts(people['laag'], people['hoog'], PEOPLE)} elkaar."
    )
