"""What a reader sees of what gemeenten of different size spend per inhabitant."""

import math

import pandas as pd

from wijkboek_utils import charts, dutch, scale, show
from wijkboek_utils.charts import Range
from wijkboek_utils.dutch import NBSP, is_known
from wijkboek_utils.show import Html

OVERHEAD = "0.4"  # what to picture where there is no total
_SIZES = [10_000, 20_000, 50_000, 100_000, 250_000, 500_000]
_UNSURE = 1.5  # a range of the elasticity that is wider says nothing
_NAMED = 3  # taakvelden in a sentence


def figure(
    rows: pd.DataFrame, per_class: pd.DataFrame, places: pd.DataFrame, inwoners: float, naam: str
) -> Html:
    """Return the picture of lasten per inhabitant by size, with the gemeente in it.

    Of all services where the accounts of all gemeenten are there (`rows`, as `scale.national`): the
    curve with its 90 % band. Else of overhead by size class, from quarter to three quarters of the
    gemeenten. `per_class` as `scale.classes`, `places` as `scale.place`.
    """
    code = scale.TOTAL if len(rows) else OVERHEAD
    part = per_class[per_class["taakveld"] == code]
    if part.empty:
        return show.text("Over dit jaar hebben wij geen cijfers van alle gemeenten.")
    own = places.set_index("taakveld")["eigen"].get(code)
    if len(rows) and (found := scale.points(rows[rows["taakveld"] == code])) is not None:
        drawn = _along(scale.best(found), inwoners, naam, own)
        meaning = "Het streepje is wat bij die grootte past, met de marge (negen van de tien keer)"
    else:
        drawn = _by_class(part, inwoners, own)
        meaning = "De balk is de middelste helft van de gemeenten, het streepje de middelste"
    what = part["naam"].iloc[0]
    title = f"{what}: lasten per inwoner naar grootte van de gemeente"
    words = f"{meaning}. De stip is {naam}."
    twin = show.table(
        pd.DataFrame(
            {
                "Inwoners van de gemeente": [r.name for r in drawn],
                "Laag": [dutch.about(r.low) for r in drawn],
                "Midden": [dutch.about(r.middle) for r in drawn],
                "Hoog": [dutch.about(r.high) for r in drawn],
                naam: [dutch.about(r.own) if r.own is not None else "" for r in drawn],
            }
        ),
        title,
        dict.fromkeys(["Laag", "Midden", "Hoog", naam], str),
    )
    svg = charts.ranges(drawn, title, words, shared=True)
    return show.figure(title, words, svg, twin, shape="narrow")


def _along(curve: scale.Curve, inwoners: float, naam: str, own: float | None) -> list[Range]:
    """Return the curve at some sizes, and at that of the gemeente."""
    rows = []
    for size in sorted([*_SIZES, inwoners]):
        value, se = curve.at(size)
        low, high = value - dutch.Z90 * se, value + dutch.Z90 * se
        mine = size == inwoners
        name = f"{naam}, {dutch.number(size)}" if mine else dutch.number(size)
        known = own if mine and is_known(own) else None
        rows.append(Range(name, dutch.about(known or value, se), low, value, high, known))
    return rows


def _by_class(part: pd.DataFrame, inwoners: float, own: float | None) -> list[Range]:
    """Return the spread of each size class, with the gemeente in its own."""
    mine = scale.class_of(inwoners)
    return [
        Range(
            f"{_class(r.klasse)} ({int(r.n)} gemeenten)",
            dutch.about(r.p50),
            r.p25,
            r.p50,
            r.p75,
            own if r.klasse == mine and is_known(own) else None,
        )
        for r in part.itertuples()
    ]


def _class(name: str) -> str:
    return name.replace("-", " tot ")


def sentence(trends: pd.DataFrame, periode: str) -> str:
    """Say what size does to lasten per inhabitant; `trends` as `scale.trends`."""
    if trends.empty:
        return f"Over {periode} hebben wij geen cijfers van alle gemeenten om te vergelijken."
    if (trends["oordeel"] == scale.UNJUDGED).all():
        return "Er zijn te weinig gemeenten met cijfers om iets over hun grootte te zeggen."
    many = trends[(trends["taakveld"] != scale.TOTAL) & (trends["oordeel"] != scale.UNJUDGED)]
    counts = many["oordeel"].value_counts()
    dearer, cheaper, none = (
        int(counts.get(k, 0)) for k in (scale.DEARER, scale.CHEAPER, scale.NONE)
    )
    mixed = len(many) - dearer - cheaper - none
    text = [
        f"Van {dutch.plural(len(many), 'taakveld is', 'taakvelden is')} genoeg bekend. Op "
        f"{dutch.number(dearer)} daarvan geven grotere gemeenten per inwoner meer uit, op "
        f"{dutch.number(cheaper)} minder. Op {dutch.number(none)} is er geen duidelijk verschil en "
        f"op {dutch.number(mixed)} gaat het op en neer."
    ]
    if 0 < cheaper <= _NAMED:
        names = many.loc[many["oordeel"] == scale.CHEAPER, "naam"]
        text.append(f"Minder per inwoner: {dutch.join(names.tolist())}.")
    total = trends[trends["taakveld"] == scale.TOTAL]
    if total.empty:
        text.append(
            "Een totaal kunnen wij zo niet geven: de middelste bedragen van alle taakvelden tellen "
            "niet op tot een middelste totaal."
        )
    else:
        text.append(_total(total.iloc[0]))
    return " ".join(text)


def _total(row: pd.Series) -> str:
    if row["oordeel"] == scale.NONE or not is_known(row["elasticiteit"]):
        return "Voor alle diensten samen is er geen duidelijk verschil."
    return (
        "Alle diensten samen: met twee keer zoveel inwoners verschillen de lasten per inwoner "
        f"{_doubling(row)}. Oordeel: {row['oordeel']}."
    )


def _doubling(row: pd.Series) -> str:
    """Return what a doubling of inhabitants goes with, as a range in percent."""
    if not is_known(row["elasticiteit"]) or row["hoog"] - row["laag"] > _UNSURE:
        return dutch.UNKNOWN
    low, high = (dutch.number(row[c] * math.log(2) * 100) for c in ("laag", "hoog"))
    return f"{low} tot {high}{NBSP}procent"


def place_sentence(places: pd.DataFrame, naam: str) -> str:
    """Say where a gemeente stands among those of its size; `places` as `scale.place`."""
    rows = places[(places["p75"] > 0) & (places["taakveld"] != scale.TOTAL)]
    if rows.empty:
        return ""
    count = rows["plaats"].value_counts()
    low, high = (int(count.get(k, 0)) for k in (scale.LOWEST, scale.HIGHEST))
    size = int(rows["n"].max())
    text = (
        f"{naam} hoort bij {dutch.plural(size, 'gemeente', 'gemeenten')} in de klasse "
        f"«{_class(rows['klasse'].iloc[0])} inwoners». Op {dutch.number(low)} van de "
        f"{dutch.number(len(rows))} taakvelden zit {naam} in het laagste kwart, op "
        f"{dutch.number(high)} in het hoogste."
    )
    return text if size >= scale.FEW else f"{text} Bij zo weinig gemeenten zegt dat niet veel."


def table(trends: pd.DataFrame, places: pd.DataFrame, naam: str, periode: str) -> Html:
    """Return the verdict on each taakveld, with the place of the gemeente in its size class."""
    own = places.set_index("taakveld")
    rows = trends[trends["oordeel"] != scale.UNJUDGED]
    codes = rows["taakveld"]
    numbered = [
        n if c == scale.TOTAL else f"{c} {n}" for c, n in zip(codes, rows["naam"], strict=True)
    ]
    frame = pd.DataFrame(
        {
            "Taakveld": numbered,
            "Grotere gemeenten zijn": rows["oordeel"].tolist(),
            "Bij twee keer zoveel inwoners": [_doubling(r) for _, r in rows.iterrows()],
            f"{naam}, per inwoner": [dutch.about(own["eigen"].get(c)) for c in codes],
            "In de eigen klasse": [own["plaats"].get(c, dutch.UNKNOWN) for c in codes],
        }
    )
    right = ["Bij twee keer zoveel inwoners", f"{naam}, per inwoner"]
    unjudged = dutch.number(len(trends) - len(rows))
    return show.table(
        frame,
        f"Lasten per inwoner en de grootte van gemeenten, {periode}",
        dict.fromkeys(right, str),
        note=f"{unjudged} taakvelden staan er niet in: te weinig gemeenten boeken erop. De "
        "grens bij twee keer zoveel inwoners geldt negen van de tien keer; onbekend is te onzeker. "
        "Jeugdhulp boekt de ene gemeente gesplitst en de andere op één taakveld: lees die samen.",
    )
