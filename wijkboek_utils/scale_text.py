"""What a reader sees of what gemeenten of different size spend per inhabitant."""

import math

import pandas as pd

from wijkboek_utils import charts, dutch, scale, show
from wijkboek_utils.charts import Range
from wijkboek_utils.dutch import NBSP, is_known
from wijkboek_utils.grammar import verb
from wijkboek_utils.show import Html

OVERHEAD = "0.4"  # what to picture where there is no total
_SIZES = [10_000, 20_000, 50_000, 100_000, 250_000, 500_000]
_UNSURE = 1.5  # a range of the elasticity that is wider says nothing
_NAMED = 3  # taakvelden in a sentence


def places(per_class: pd.DataFrame, rekening: pd.DataFrame, towns: pd.Series) -> pd.DataFrame:
    """Return each gemeente in its size class: `scale.place` with its name, `gemeente`.

    `towns` has inhabitants by name; `rekening` as `iv3.read_all`, with names for codes.
    """
    accounts = rekening.assign(gemeente=rekening.get("gemeente", towns.index[0]))
    found = [
        scale.place(per_class, own, towns[naam]).assign(gemeente=naam)
        for naam, own in accounts.groupby("gemeente", sort=False)
    ]
    return pd.concat(found, ignore_index=True)


def figure(
    rows: pd.DataFrame, per_class: pd.DataFrame, places: pd.DataFrame, towns: pd.Series
) -> Html:
    """Return the picture of lasten per inhabitant by size, with each gemeente in it.

    Of all services where the accounts of all gemeenten are there (`rows`, as `scale.national`): the
    curve with its 90 % band. Else of overhead by size class, from quarter to three quarters of the
    gemeenten. `per_class` as `scale.classes`, `towns` has inhabitants by name.
    """
    code = scale.TOTAL if len(rows) else OVERHEAD
    part = per_class[per_class["taakveld"] == code]
    if part.empty:
        return show.text("Over dit jaar hebben wij geen cijfers van alle gemeenten.")
    own = places[places["taakveld"] == code].set_index("gemeente")["eigen"]
    if len(rows) and (found := scale.points(rows[rows["taakveld"] == code])) is not None:
        drawn = _along(scale.best(found), towns, own)
        meaning = "Het streepje is wat bij die grootte past, met de marge (negen van de tien keer)"
    else:
        drawn = _by_class(part, towns, own)
        meaning = "De balk is de middelste helft van de gemeenten, het streepje de middelste"
    what, names = part["naam"].iloc[0], dutch.join(list(towns.index))
    title = f"{what}: lasten per inwoner naar grootte van de gemeente"
    words = f"{meaning}. {verb(len(towns), 'De stip is', 'De stippen zijn')} {names}."
    twin = show.table(
        pd.DataFrame(
            {
                "Inwoners van de gemeente": [r.name for r in drawn],
                "Laag": [dutch.about(r.low) for r in drawn],
                "Midden": [dutch.about(r.middle) for r in drawn],
                "Hoog": [dutch.about(r.high) for r in drawn],
                names: [dutch.about(r.own) if r.own is not None else "" for r in drawn],
            }
        ),
        title,
        dict.fromkeys(["Laag", "Midden", "Hoog", names], str),
    )
    svg = charts.ranges(drawn, title, words, shared=True)
    return show.figure(title, words, svg, twin, shape="narrow")


def _along(curve: scale.Curve, towns: pd.Series, own: pd.Series) -> list[Range]:
    """Return the curve at some sizes, and at that of each gemeente."""
    rows = []
    sizes = [*((size, "") for size in _SIZES), *((size, name) for name, size in towns.items())]
    for size, name in sorted(sizes):
        value, se = curve.at(size)
        low, high = value - dutch.Z90 * se, value + dutch.Z90 * se
        label = f"{name}, {dutch.number(size)}" if name else dutch.number(size)
        known = own.get(name)
        known = known if is_known(known) else None
        rows.append(Range(label, dutch.about(known or value, se), low, value, high, known))
    return rows


def _by_class(part: pd.DataFrame, towns: pd.Series, own: pd.Series) -> list[Range]:
    """Return the spread of each size class, with the gemeenten in theirs."""
    rows = []
    for r in part.itertuples():
        mine = [name for name, size in towns.items() if scale.class_of(size) == r.klasse]
        many = f"{_class(r.klasse)} ({int(r.n)} gemeenten)"
        for name in mine or [""]:
            known = own.get(name)
            known = known if is_known(known) else None
            label = f"{many}, {name}" if len(towns) > 1 and name else many
            rows.append(Range(label, dutch.about(r.p50), r.p25, r.p50, r.p75, known))
    return rows


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


def place_sentence(places: pd.DataFrame, towns: pd.Series) -> str:
    """Say where each gemeente stands among those of its size; arguments as of `figure`."""
    rows = places[(places["p75"] > 0) & (places["taakveld"] != scale.TOTAL)]
    found = [_place(rows[rows["gemeente"] == naam], str(naam)) for naam in towns.index]
    return " ".join(text for text in found if text)


def _place(rows: pd.DataFrame, naam: str) -> str:
    """Say where one gemeente stands."""
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


def table(trends: pd.DataFrame, places: pd.DataFrame, towns: pd.Series, periode: str) -> Html:
    """Return the verdict on each taakveld, with the place of each gemeente in its size class."""
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
        }
    )
    right = ["Bij twee keer zoveel inwoners", *(f"{naam}, per inwoner" for naam in towns.index)]
    for naam in towns.index:
        own = places[places["gemeente"] == naam].set_index("taakveld")
        within = "In de eigen klasse" if len(towns) == 1 else f"{naam} in de eigen klasse"
        frame[f"{naam}, per inwoner"] = [dutch.about(own["eigen"].get(c)) for c in codes]
        frame[within] = [own["plaats"].get(c, dutch.UNKNOWN) for c in codes]
    unjudged = dutch.number(len(trends) - len(rows))
    return show.table(
        frame,
        f"Lasten per inwoner en de grootte van gemeenten, {periode}",
        dict.fromkeys(right, str),
        note=f"{unjudged} taakvelden staan er niet in: te weinig gemeenten boeken erop. De "
        "grens bij twee keer zoveel inwoners geldt negen van de tien keer; onbekend is te onzeker. "
        "Jeugdhulp boekt de ene gemeente gesplitst en de andere op één taakveld: lees die samen.",
    )
