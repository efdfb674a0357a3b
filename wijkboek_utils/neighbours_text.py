"""What a reader sees of the comparison with the wijken that look most like an area."""

import pandas as pd

from wijkboek_utils import charts, dutch, neighbours, show
from wijkboek_utils.charts import Range
from wijkboek_utils.dutch import NBSP
from wijkboek_utils.neighbours import NUMBER
from wijkboek_utils.regions import gemeente_of
from wijkboek_utils.show import Html

ALL_GEMEENTEN = 300  # there are 342: with so many we speak of the Netherlands
CHANCE = 2 / (NUMBER + 1)  # that one of eleven, in any order, is the lowest or the highest
_TEN = "De tien (laag – hoog)"
_WORDS = {"WK": "wijken", "GM": "gemeenten"}
_SHOWN = 3  # names or figures in a sentence


def _others(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the candidates, a row each, and what they are called."""
    other = rows[rows["rol"] == "ander"].drop_duplicates("gebied")
    return other, _WORDS[other["gebied"].iloc[0][:2]] if len(other) else "gebieden"


def chosen(rows: pd.DataFrame, buren: pd.DataFrame, naam: str) -> str:
    """Say which neighbours were found and from how many; `rows`, `buren` as from `neighbours`."""
    other, words = _others(rows)
    gemeenten = other["gebied"].map(gemeente_of).nunique()
    if buren.empty:
        return (
            f"Er zijn te weinig {words} met cijfers om {naam} mee te vergelijken: "
            f"{dutch.number(len(other))}. Met de cijfers van heel Nederland kan het wel."
        )
    near = buren.head(_SHOWN)
    names = [
        n if n == g else f"{n} ({g})" for n, g in zip(near["naam"], near["gemeente"], strict=True)
    ]
    text = (
        f"Wij kozen uit {dutch.number(len(other))} {words} met minstens "
        f"{dutch.number(neighbours.SMALLEST)} inwoners. Het meest lijken {dutch.join(names)} op "
        f"{naam}."
    )
    if gemeenten >= ALL_GEMEENTEN:
        return text
    return (
        f"{text} Wij hebben nu alleen {words} van "
        f"{dutch.plural(gemeenten, 'gemeente', 'gemeenten')}, nog niet van heel Nederland. Elders "
        "kunnen er dus zijn die er meer op lijken."
    )


def sentence(compared: pd.DataFrame, naam: str) -> str:
    """Say where the area lies outside the range of its neighbours; `compared` as `compare`."""
    known = compared.dropna(subset="buiten")
    if known.empty:
        return f"Of {naam} opvalt tussen vergelijkbare gebieden, is niet te zeggen."
    odd = known[known["buiten"] != 0].sort_values("buiten", key=abs, ascending=False)
    count = f"{dutch.number(len(odd))} van de {dutch.plural(len(known), 'cijfer', 'cijfers')}"
    if odd.empty:
        return (
            f"{naam} valt niet op: elk van de {dutch.plural(len(known), 'cijfer', 'cijfers')} ligt "
            "tussen het laagste en het hoogste van de tien."
        )
    parts = " ".join(_odd(row) for _, row in odd.head(_SHOWN).iterrows())
    far = "" if len(odd) <= _SHOWN else "Het verst: "
    text = [f"Op {count} ligt {naam} buiten wat de tien laten zien.", f"{far}{parts}"]
    if len(odd) <= max(1, round(CHANCE * len(known))):
        text.append("Zoveel is ook door toeval te verwachten.")
    kinds = neighbours.indicators()
    if any(kinds[str(name)].gewicht for name in odd["indicator"]):
        text.append(
            "Daar zitten cijfers bij waarop wij de tien kozen: op dat punt lijken zij er niet echt "
            "op."
        )
    return " ".join(text)


def _odd(row: pd.Series) -> str:
    """Return an indicator that stands out: its name, and the value beside that of the nearest."""
    indicator = neighbours.indicators()[str(row["indicator"])]
    name = indicator.naam
    below = row["buiten"] < 0
    end = indicator.words(row["laag"] if below else row["hoog"])
    limit = "minstens" if below else "hoogstens"
    value = f"{indicator.words(row['waarde'])} {indicator.eenheid}"
    return f"{name}: {value}, bij de tien {limit} {end}."


def figure(compared: pd.DataFrame, naam: str, gemeente: str) -> Html:
    """Return the picture of the area in the range of its neighbours, with its table.

    `gemeente` is that of the area in words: `de gemeente Utrecht`. Without neighbours only the
    table.
    """
    twin = table(compared, naam, gemeente)
    drawn = items(compared)
    if not drawn:
        return twin
    title = f"{naam} en de tien gebieden die er het meest op lijken"
    words = (
        f"De stip is {naam}. De balk loopt van het laagste naar het hoogste van de tien, het "
        "streepje is de middelste. Elke rij heeft een eigen schaal."
    )
    return show.figure(title, words, charts.ranges(drawn, title, words), twin, shape="narrow")


def items(compared: pd.DataFrame) -> list[Range]:
    """Return what `charts.ranges` draws: the area in the range of its neighbours."""
    return [
        Range(
            f"{r.indicator}, {neighbours.indicators()[str(r.indicator)].eenheid}",
            neighbours.indicators()[str(r.indicator)].words(r.waarde),
            r.laag,
            r.midden,
            r.hoog,
            r.waarde,
        )
        for r in compared.dropna(subset="midden").itertuples()
    ]


def table(compared: pd.DataFrame, naam: str, gemeente: str) -> Html:
    """Return the area, its neighbours, the gemeente and the country side by side."""
    known = [neighbours.indicators()[str(name)] for name in compared["indicator"]]

    def figures(column: str) -> list[str]:
        return [i.words(v) for i, v in zip(known, compared[column], strict=True)]

    ends = zip(figures("midden"), figures("laag"), figures("hoog"), strict=True)
    ranged = compared["midden"].notna()
    spread = [f"{m} ({a}{NBSP}–{NBSP}{b})" for m, a, b in ends]
    frame = pd.DataFrame(
        {
            "Cijfer": [f"{i.naam}, {i.eenheid}" for i in known],
            "Jaar": compared["jaar"].astype(str),
            "Dit gebied": figures("waarde"),
            _TEN: pd.Series(spread, index=compared.index).where(ranged, dutch.UNKNOWN),
            "Gemeente": figures("gemeente"),
            "Nederland": figures("land"),
        }
    )
    itself = compared["waarde"].equals(compared["gemeente"])  # a gemeente beside itself
    if itself:
        frame = frame.drop(columns="Gemeente")
    beside = ["Nederland"] if itself else [gemeente, "Nederland"]
    if ranged.any():
        beside = ["de tien gebieden die er het meest op lijken", *beside]
    else:
        frame = frame.drop(columns=_TEN)
    right = [c for c in frame.columns if c not in ("Cijfer", "Jaar")]
    return show.table(
        frame,
        f"{naam} naast {dutch.join(beside)}",
        dict.fromkeys(right, str),
        note="Van de tien staat de middelste er, met de laagste en de hoogste. Bij «onbekend» "
        "publiceert CBS geen cijfer over dat jaar, of hebben minder dan acht van de tien het.",
    )


def neighbours_table(buren: pd.DataFrame, naam: str) -> Html:
    """Return the neighbours with their distance, or that there are none."""
    if buren.empty:
        return show.text("Er zijn geen gebieden gekozen.")
    frame = pd.DataFrame(
        {"Gebied": buren["naam"], "Gemeente": buren["gemeente"], "Afstand": buren["afstand"]}
    )
    return show.table(
        frame,
        f"De gebieden die het meest lijken op {naam}",
        {"Afstand": lambda value: dutch.number(value, 2)},
        note="Een afstand van 1 betekent: gemiddeld één gewone spreiding verschil per cijfer.",
    )
