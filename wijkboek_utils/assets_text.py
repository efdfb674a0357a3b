"""The register of assets in words, tables and pictures: what there is before what is missing."""

from collections.abc import Callable

import geopandas
import pandas as pd

from wijkboek_utils import assets, charts, dutch, green_text, insets, show, sources
from wijkboek_utils.assets import KINDS, MEAN
from wijkboek_utils.charts import Range
from wijkboek_utils.dutch import is_known, number
from wijkboek_utils.show import Html

_HECTARE = "hectare"
_HOW = {"gemeten": "CBS", "geraamd": "geraamd", "lokaal": "ter plaatse geteld", "geheim": "geheim"}
_COARSE = 40.0  # metres: finer cannot be seen on a small map of a gemeente
_MAPPED = 3  # buurten with a figure: fewer make no map


def rate(item: pd.Series) -> tuple[Callable[[float], str], str]:
    """Return how the figure per inhabitant of an item is written, and what it is per."""
    if item["wijze"] == MEAN:
        return lambda value: number(value, 1), item["eenheid"]
    if item["eenheid"] == _HECTARE:
        return lambda value: _digits(value * 10_000), "m² per inwoner"
    return lambda value: _digits(value * 1000), "per 1.000 inwoners"


def _digits(value: float) -> str:
    """Return a number with a decimal where it is small."""
    return number(value, 0 if abs(value) >= 10 else 1)


def strengths(items: pd.DataFrame, naam: str, gemeente: str) -> Html:
    """Say of what the area has clearly more per inhabitant than the gemeente; as `compare`."""
    if items["gemeente"].isna().all():
        words = "Hier staat geen gemeente naast: dit gebied is de gemeente, of er is niets bekend."
        return show.text(words)
    strong = _strong(items)
    if strong.empty:
        return show.text(
            f"Uit deze cijfers blijkt niet waarvan {naam} duidelijk meer heeft dan {gemeente}. "
            "Veel van wat een wijk sterk maakt, staat niet in open cijfers."
        )
    lead = f"Hiervan heeft {naam} per inwoner duidelijk meer dan heel {gemeente}:"
    told = []
    for _, item in strong.iterrows():
        write, per = rate(item)
        near = " Hier is het dichterbij." if item["richting"] == "laag" else ""
        here, there = write(item["per_inwoner"]), write(item["gemeente"])
        known = ""
        if item["onbekend"]:
            known = f" Dit gaat over {item['geteld']} van de {_buurten(item)} buurten."
        told.append(f"{item['naam']}: {here} {per}; in de gemeente {there}.{near}{known}")
    return show.text(lead) + show.bullets(told)


def _strong(items: pd.DataFrame) -> pd.DataFrame:
    """Return of what an area has more; nothing that is unknown in most of its buurten."""
    return items[items["sterk"] & (items["onbekend"] < items["geteld"])]


def _buurten(item: pd.Series) -> int:
    return int(item["geteld"] + item["onbekend"])


def overview(
    items: pd.DataFrame, lead: pd.DataFrame, rows: pd.DataFrame, gebied: pd.DataFrame, naam: str
) -> Html:
    """Return the picture of the nine kinds: the area among the buurten of its gemeente.

    `items` as `compare`, `lead` as `leading`, `rows` as `register`.
    """
    title = f"De negen voorraden van {naam}"
    lines, drawn = [], []
    for kind, label in KINDS.items():
        found = lead[lead["voorraad"] == kind]
        if found.empty:
            unknown = "nog geen cijfer"
            lines.append([label, unknown, unknown, unknown, "misschien van u"])
            continue
        item = found.iloc[0]
        write, per = rate(item)
        spread = assets.per_buurt(rows, gebied, item)["per_inwoner"].dropna()
        there = write(item["gemeente"]) if is_known(item["gemeente"]) else dutch.UNKNOWN
        here = f"{write(item['per_inwoner'])} {per}"
        lines.append([label, item["naam"], here, there, item["houder"]])
        if len(spread) >= _MAPPED:
            drawn.append(_range(item, spread))
    frame = pd.DataFrame(
        lines, columns=["Voorraad", "Wat we tellen", "Hier", "In de gemeente", "Van wie"]
    )
    twin = show.table(frame, title, dict.fromkeys(["Hier", "In de gemeente"], str))
    sentence = (
        f"De stip is {naam}, het streepje de hele gemeente. De balk loopt over de middelste vier "
        "van elke vijf buurten. Elke rij heeft een eigen schaal; rechts is meer, of dichterbij."
    )
    if not drawn:
        return twin
    return show.figure(title, sentence, charts.ranges(drawn, title, sentence), twin, shape="narrow")


def _label(item: pd.Series) -> str:
    """Return the kind and the name of an item, once where they are the same word."""
    kind, name = KINDS[item["voorraad"]], str(item["naam"])
    return name if name.startswith(kind) else f"{kind}: {dutch.lower_first(name)}"


def _range(item: pd.Series, spread: pd.Series) -> Range:
    """Return a kind as a row of the picture; a distance is drawn the other way round."""
    sign = -1.0 if item["richting"] == "laag" else 1.0
    ends = sorted(sign * spread.quantile([0.1, 0.9]))
    write, per = rate(item)
    middle = sign * item["gemeente"] if is_known(item["gemeente"]) else None
    value = f"{write(item['per_inwoner'])} {per.removesuffix(' inwoners')}"
    return Range(_label(item), value, ends[0], middle, ends[1], sign * item["per_inwoner"])


def table(items: pd.DataFrame, naam: str, jaar: int) -> Html:
    """Return everything in the register of an area; `items` as `compare`."""
    rows = [row for _, row in items.iterrows()]
    frame = pd.DataFrame(
        {
            "Voorraad en wat er is": [_label(r) for r in rows],
            "Hoeveel": [_quantity(r) for r in rows],
            "Per inwoner": [_each(r, "per_inwoner") for r in rows],
            "In de gemeente": [_each(r, "gemeente", False) for r in rows],
            "Van wie": items["houder"],
            "Hoe bekend": [_how(r) for r in rows],
        }
    )
    note = (
        "Tel de rijen niet op: een winkel is ook een vestiging. Gemiddeld: over alle inwoners, ook "
        "met wat net buiten de wijk ligt."
    )
    right = ["Hoeveel", "Per inwoner", "In de gemeente"]
    return show.table(
        frame,
        f"Wat er is in {naam}, {jaar}",
        dict.fromkeys(right, str),
        " ".join([note, _counted(items)]),
    )


def _quantity(item: pd.Series) -> str:
    """Return a quantity with its range; of a mean there is no quantity."""
    if item["wijze"] == MEAN:
        return "niet op te tellen"
    if not is_known(item["hoeveelheid"]):
        return "geheim: minder dan 10" if item["telt"] == "mensen" else dutch.UNKNOWN
    hidden = item["telt"] == "mensen" and item["ten_minste"]
    least = "ten minste " if hidden or item["onbekend"] else ""
    se = item["se"] if is_known(item["se"]) else 0.0
    unit = "" if item["eenheid"] in item["naam"].lower() else f" {item['eenheid']}"
    return least + green_text.likely(item["hoeveelheid"], se) + unit


def _each(item: pd.Series, column: str, unit: bool = True) -> str:
    if not is_known(item[column]):
        return dutch.UNKNOWN
    write, per = rate(item)
    short = per.removesuffix(" per inwoner").removesuffix(" inwoners")  # the column says the rest
    return f"{write(item[column])} {short}" if unit else write(item[column])


def _how(item: pd.Series) -> str:
    year = f", {item['bronjaar']}" if is_known(item["bronjaar"]) else ""
    part = f"; {item['onbekend']} van de {_buurten(item)} buurten onbekend"
    return _HOW[item["methode"]] + year + (part if item["onbekend"] else "")


def _counted(items: pd.DataFrame) -> str:
    """Say who counted what was counted in the wijk, and how."""
    ids = sources.ids(items.loc[items["methode"] == "lokaal", "bron"].dropna())
    told = [sources.source(i) for i in ids]
    return " ".join(f"{s.title} ({s.publisher}): {s.obtained}" for s in told)


def values(items: pd.DataFrame) -> Html:
    """Say what value is attached to what there is: ranges, apart from the euros of the books."""
    known = items.dropna(subset=["laag", "hoog"])
    once = known[known["waarde_eenheid"] == assets.ONCE]
    if known.empty:
        return show.text("Van niets in dit register is een waarde bekend.")
    told = []
    for _, item in once.iterrows():
        low, high = item["laag"], item["hoog"]
        ground = "" if item["methode"] == "lokaal" else " naar de WOZ"
        worth = dutch.between(low, high) if low < high else dutch.about(low)
        told.append(f"{item['naam']}{ground}: {worth}.")
    lead = (
        "Aan een deel is een waarde te geven. Dat is een toegekende waarde: niemand betaalt haar, "
        "en zij telt niet mee in de rekening."
    )
    below = "Wat bomen per jaar waard zijn, staat hieronder." if len(once) < len(known) else ""
    return show.text(lead) + (show.bullets(told) if told else Html("")) + show.text(below)


def maps(
    lead: pd.DataFrame,
    rows: pd.DataFrame,
    gebied: pd.DataFrame,
    kaart: geopandas.GeoDataFrame,
    naam: str,
) -> Html:
    """Return small maps beside each other, one for each kind, with one table below them.

    `lead` as `leading`; `kaart` has `buurt` and `geometry`. A kind that is known in too few buurten
    has no map.
    """
    # Borders that buurten share stay shared, so that a small map needs few points.
    coarse = insets.beside(kaart).geometry.simplify_coverage(_COARSE)
    shapes = pd.DataFrame({"buurt": kaart["buurt"], "geometry": coarse.to_numpy()})
    tables = [(item, assets.per_buurt(rows, gebied, item)) for _, item in lead.iterrows()]
    tables = [(item, t) for item, t in tables if t["per_inwoner"].count() >= _MAPPED]
    if not tables:
        return show.text("Van te weinig buurten is iets bekend om op een kaart te zetten.")
    frame = pd.DataFrame({"Buurt": tables[0][1]["naam"]})
    for item, table in tables:
        write, per = rate(item)
        column = f"{item['naam']}, {per}"
        frame[column] = [write(v) for v in table["per_inwoner"]]
    title = f"Wat er per inwoner is, per buurt, met {naam}"
    sentence = (
        "Hoe hoger het cijfer van een vak, hoe meer er per inwoner is; bij een afstand: hoe "
        f"dichterbij. Waar weinig mensen wonen, is het al snel hoog. Gearceerd is niet geteld of "
        f"bijna onbewoond. De dikke lijn is {naam}. {insets.sentence(kaart)}"
    ).strip()
    columns = "display:grid;gap:1.4rem;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr))"
    drawn = "".join(one_map(item, table, shapes, naam).html for item, table in tables)
    twin = show.table(frame, title, dict.fromkeys(frame.columns[1:], str))
    return show.figure(title, sentence, f'<div style="{columns}">{drawn}</div>', twin)


def one_map(item: pd.Series, table: pd.DataFrame, kaart: pd.DataFrame, naam: str) -> Html:
    """Return the map of one item with its sentence and legend; `table` as `assets.per_buurt`."""
    write, per = rate(item)
    place = pd.Index(table["buurt"]).get_indexer(kaart["buurt"])
    table_there, geometry = table.iloc[place[place >= 0]], kaart["geometry"].array[place >= 0]
    nearer = item["richting"] == "laag"
    rates = table_there["per_inwoner"]
    told = [write(v) if is_known(v) else "niet bekend" for v in rates]
    klasse = charts.classes(-rates if nearer else rates)
    words = [f"{name}: {said}" for name, said in zip(table_there["naam"], told, strict=True)]
    shapes = pd.DataFrame(
        {
            "geometry": geometry,
            "klasse": klasse.array,
            "binnen": (table_there["gewicht"] > 0).array,
            "uitleg": words,
        }
    )
    keys: list[tuple[int | None, str]] = []
    steps: dict[int, list[float]] = {}
    for step, value in zip(klasse, rates, strict=True):
        if is_known(value):
            steps.setdefault(int(step), []).append(value)
    for step, values in sorted(steps.items()):
        low, high = write(min(values)), write(max(values))
        keys.append((step, low if low == high else f"{low} tot {high}"))
    name = f"{_label(item)}, {per}"
    sentence = _map_sentence(item, table, naam, nearer)
    svg = charts.choropleth(shapes, name, sentence)
    above = f"<p><strong>{show.in_page(name)}.</strong> {show.in_page(sentence)}</p>"
    return Html(f"<div>{above}{svg}{charts.legend(keys).html}</div>")


def _map_sentence(item: pd.Series, table: pd.DataFrame, naam: str, nearer: bool) -> str:
    write, _ = rate(item)
    known = table["per_inwoner"].dropna().sort_values(ascending=nearer)
    most = table.loc[known.index[0]]
    text = f"{'Het dichtst bij' if nearer else 'Het meest'} in {most['naam']}"
    text += f" ({write(most['per_inwoner'])})."
    if is_known(item["per_inwoner"]):
        text += f" In {naam} {write(item['per_inwoner'])}."
    if unknown := len(table) - len(known):
        text += f" Van {dutch.plural(unknown, 'buurt', 'buurten')} niet bekend."
    return text


def missing(items: pd.DataFrame, naam: str, slug: str) -> Html:
    """Invite people to count what nobody counted, with the command that makes the template."""
    kinds, partly = assets.absent(items)
    told = []
    if kinds:
        names = dutch.join([KINDS[kind].lower() for kind in kinds])
        told.append(f"Van {names} in {naam} weten wij nog niets.")
    for _, item in partly.iterrows():
        where = dutch.plural(item["onbekend"], "buurt", "buurten")
        told.append(f"{item['naam']}: in {where} nog niet geteld.")
    local = items["methode"] == "lokaal"
    if not (local & (items["voorraad"] == "groen")).any():
        told.append("Bomen, tuinen en ander groen zijn hier nog niet ter plaatse geteld.")
    lead = (
        "Open cijfers zien vooral gebouwen en bedrijven. Wat mensen kunnen en weten, weten alleen "
        "zij zelf. «Nog geen cijfer» zegt dus niets over de wijk, maar over onze bronnen."
    )
    how = (
        "Meedoen? Vraag wie dit rapport maakt om een invulblad, of om formulieren om buiten te "
        "tellen. Zelf maken kan ook. De opdrachten zijn: wijkboek template voorraad, en wijkboek "
        f"template telpakket boom --pilot {slug}."
    )
    return show.text(lead) + show.bullets(told) + show.text(how)
