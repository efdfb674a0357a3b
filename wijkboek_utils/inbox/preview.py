"""What a file says, for who sends it and for who judges it: rows, points, what differs."""

from collections import Counter

import pandas as pd
import shapely

from wijkboek_utils import drawing, dutch, show
from wijkboek_utils.inbox import buurten
from wijkboek_utils.local import schema
from wijkboek_utils.local.contribution import Checked
from wijkboek_utils.show import Html

ROWS = 20  # shown of a file
_DOTS = 5_000  # drawn on a map
_WIDTH = 620
_COORDINATES = ["x", "y"]


def content(checked: Checked, pilot: str) -> Html:
    """Return what a file without faults brings: its rows, its points, and what stays here."""
    kept = schema.load(checked.kind).stored
    rows = checked.rows[[name for name in kept if name in checked.rows]]
    rows = rows.dropna(axis="columns", how="all")
    first = f" Hier staan de eerste {ROWS}." if len(rows) > ROWS else ""
    words = f"{dutch.plural(len(rows), 'rij komt', 'rijen komen')} in de boeken.{first}"
    hidden = [f.title.lower() for f in schema.load(checked.kind).fields if f.private]
    if hidden:
        words += f" Dit publiceren wij nooit: {', '.join(hidden)}."
    caption = f"Wat in de boeken komt: {schema.load(checked.kind).title.lower()}"
    shown = rows.head(ROWS).drop(columns=_COORDINATES, errors="ignore")
    titles = {f.name: f.title for f in schema.load(checked.kind).fields}
    names = buurten.named(pilot).set_index("buurt")["naam"]
    if "buurt" in shown:
        shown = shown.assign(buurt=shown["buurt"].map(lambda code: names.get(code, code)))
    shown = shown.rename(columns=titles).astype("object")
    part = show.text(words) + show.table(shown, caption, note=_protection(checked))
    return part + (places(checked.rows, pilot) if "buurt" in checked.rows else Html(""))


def _protection(checked: Checked) -> str:
    people = "telt" in checked.rows and (checked.rows["telt"] == "mensen").any()
    if people or checked.kind in ("besteding", "geldstroom"):
        return "Kleine aantallen mensen en herkenbare bedragen komen niet in het rapport."
    return ""


def places(rows: pd.DataFrame, pilot: str) -> Html:
    """Return a map of where the rows are, with the same as a table."""
    named = buurten.named(pilot)
    counted = Counter(rows["buurt"].dropna())
    names = named.set_index("buurt")["naam"]
    table = pd.DataFrame(
        [(names.get(code, code), n) for code, n in counted.most_common()],
        columns=["buurt", "rijen"],
    )
    nowhere = int(rows["buurt"].isna().sum())
    if nowhere:
        table.loc[len(table)] = ["in geen buurt", nowhere]
    points = rows[_COORDINATES].dropna() if "x" in rows else rows[[]]
    kind = "stippen" if len(points) else "gekleurde buurten"
    where = dutch.plural(len(counted), "buurt", "buurten")
    sentence = f"De {kind} laten zien waar de rijen liggen: in {where}"
    sentence += f", en {dutch.number(nowhere)} in geen buurt." if nowhere else "."
    if len(points) > _DOTS:
        sentence += f" Getekend zijn {dutch.number(_DOTS)} punten."
    title = "Waar het is"
    twin = show.table(table, "Rijen per buurt", {"rijen": dutch.number})
    return show.figure(title, sentence, _map(pilot, counted, points, title, sentence), twin)


def _map(pilot: str, counted: Counter, points: pd.DataFrame, title: str, sentence: str) -> str:
    """Return the buurten around the rows, those with rows in a tone, and a dot for each point."""
    shapes = buurten.shapes(pilot)
    near = shapes[shapes["buurt"].isin(counted)]
    near = near if len(near) else shapes
    x0, y0, x1, y1 = near.total_bounds
    edge = max(x1 - x0, y1 - y0, 500) * 0.1
    x0, y0, x1, y1 = x0 - edge, y0 - edge, x1 + edge, y1 + edge
    scale = _WIDTH / max(x1 - x0, y1 - y0)
    svg = drawing.canvas((x1 - x0) * scale + 8, (y1 - y0) * scale + 8, title, sentence)
    frame = shapely.box(x0, y0, x1, y1)
    for area in shapes.itertuples():
        shape = area.geometry.intersection(frame).simplify(0.7 / scale)
        if shape.is_empty:
            continue
        fill = "var(--wb-map-1,#c5ddb4)" if area.buurt in counted else "var(--wb-wash,#f3f6f7)"
        style = {"fill": fill, "stroke": "var(--wb-soft,#505963)", "stroke_width": ".8"}
        drawing.path(svg, drawing.area(shape, x0, y1, scale), **style)
    for x, y in points.head(_DOTS).itertuples(index=False):
        if x0 <= x <= x1 and y0 <= y <= y1:
            place = ((x - x0) * scale + 4, (y1 - y) * scale + 4)
            drawing.dot(svg, *place, 3.5, drawing.tone("3"), "var(--wb-paper,#fff)")
    return drawing.render(svg)


def differences(new: pd.DataFrame, old: pd.DataFrame, receipt: str) -> Html:
    """Return what differs between a file and an earlier one of the same sender."""
    shared = [c for c in new.columns if c in old.columns and c != "rij"]
    one, other = (Counter(map(tuple, f[shared].astype("str").to_numpy())) for f in (new, old))
    added, gone = (one - other).total(), (other - one).total()
    return show.text(
        f"Vergeleken met {receipt}, die al is aangenomen: "
        f"{dutch.plural(added, 'rij is', 'rijen zijn')} nieuw of anders, "
        f"{dutch.plural(gone, 'rij staat', 'rijen staan')} er niet meer in, "
        f"{dutch.plural(len(new) - added, 'rij is', 'rijen zijn')} gelijk. "
        "Beide blijven in de boeken staan, tenzij de inzender de eerste intrekt."
    )
