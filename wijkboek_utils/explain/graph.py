"""A derivation as a small picture: raw cells on the left, the printed figure on the right."""

import textwrap
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from wijkboek_utils import drawing, dutch
from wijkboek_utils.explain.derive import Derived, Deriver, cells
from wijkboek_utils.explain.text import operation
from wijkboek_utils.explain.view import Seen, View, figure

MOST, DEEPEST, WIDE = 24, 5, 3  # boxes, columns and parts of one sum that a picture holds
_BOX, _GAP, _ROW, _LINE = 200.0, 42.0, 74.0, 13.0  # sizes in units of the drawing
_WORDS, _VALUE = 29, 26  # characters that fit on a line of a box
_KINDS = {  # the edge of a box: colour, dashes, and what it means
    "cijfer": ("4", "", "afgedrukt cijfer"),
    "stap": ("", "", "stap"),
    "cel": ("1", "", "ruwe cel"),
    "keuze": ("3", "5 3", "eigen keuze"),
    "meer": ("", "1 3", "meer stappen"),
}


@dataclass(eq=False)
class Box:
    """One step in the picture, with the boxes that go into it."""

    kind: str
    value: str
    label: str
    inputs: list["Box"] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0


def svg(deriver: Deriver, one: Derived) -> str:
    """Return the largest steps of a figure as a drawing, with a title and a description."""
    assert one.node is not None
    view = View(deriver)
    printed = one.figure.cijfer or one.digits
    top = Box("cijfer", printed, one.figure.naam)
    every = _grown(top, Seen(one.node, view.inside), view)
    rows = _placed(top)
    width = max(box.x for box in every) + _BOX + 40
    height = rows * _ROW + 60
    for box in every:  # the figure stands on the right
        box.x = width - 20 - _BOX - box.x
    canvas = drawing.canvas(width, height, f"Herkomst van {one.figure.naam}", _said(one, every))
    canvas.set("xmlns", "http://www.w3.org/2000/svg")
    paper = {"width": f"{width:g}", "height": f"{height:g}", "style": f"fill:{drawing.PAPER}"}
    ET.SubElement(canvas, "rect", paper)
    for box in every:
        for other in box.inputs:
            _arrow(canvas, other, box)
    for box in every:
        _drawn(canvas, box)
    _legend(canvas, height, dict.fromkeys(box.kind for box in every))
    return drawing.render(canvas) + "\n"


def _grown(top: Box, seen: Seen, view: View) -> list[Box]:
    """Return all boxes: the largest parts first, until the picture is full."""
    every, queue = [top], [(top, seen, 0)]
    while queue:
        box, step, depth = queue.pop(0)
        bare = _inner(step, view)
        if not bare.node.args:
            box.inputs = box.inputs or [_leaf(bare, view)]
            every += [b for b in box.inputs if b not in every]
            continue
        parts = view.inputs(bare)
        parts.sort(key=lambda part: -abs(view.size(part)))
        kept = parts[:WIDE] if bare.node.op == "som" else parts
        full = len(every) + len(kept) > MOST or depth >= DEEPEST
        if full:
            box.inputs.append(Box("meer", "…", operation(bare.node)))
            every.append(box.inputs[-1])
            continue
        for part in kept:
            if part.node.args:
                words = operation(_inner(part, view).node)
                made = Box("stap", view.value(part), part.label or words)
                queue.append((made, part, depth + 1))
            elif part.node.op == "getal":
                continue
            else:
                made = _leaf(part, view)
            box.inputs.append(made)
            every.append(made)
        if left := parts[len(kept) :]:
            more = dutch.plural(len(left), "ander deel", "andere delen")
            box.inputs.append(Box("meer", f"+ {more}", ""))
            every.append(box.inputs[-1])
    return every


def _inner(seen: Seen, view: View) -> Seen:
    """Return the step behind a sum over buurten, which is drawn as one with what it adds up."""
    found = view.bare(seen)
    while found.node.op == "som over buurten":
        found = view.inputs(found)[0]
    return found


def _leaf(seen: Seen, view: View) -> Box:
    node = seen.node
    if node.choice:
        return Box("keuze", figure(node.choice.value), f"{node.choice.id}, {node.choice.unit}")
    there = [cell for cell in node.cells if cell]
    if not there:
        return Box("stap", figure(node.number), "getal in de formule")
    if len(there) == 1:
        return Box("cel", view.value(seen), f"{there[0].bron}: {there[0].rij}, {there[0].kolom}")
    count = dutch.plural(len(there), "cel", "cellen")
    return Box("cel", view.value(seen), f"{there[0].bron}: {count}, {there[0].kolom}")


def _placed(top: Box) -> int:
    """Give each box its place in a tidy tree; return how many rows there are."""
    rows = 0

    def place(box: Box, depth: int) -> None:
        nonlocal rows
        box.x = depth * (_BOX + _GAP)
        for one in box.inputs:
            place(one, depth + 1)
        if box.inputs:
            box.y = (box.inputs[0].y + box.inputs[-1].y) / 2
        else:
            box.y = 10 + rows * _ROW
            rows += 1

    place(top, 0)
    return rows


def _drawn(canvas: ET.Element, box: Box) -> None:
    tone, dashes, _ = _KINDS[box.kind]
    colour = drawing.tone(tone) if tone else drawing.SOFT
    edge = f"fill:{drawing.PAPER};stroke:{colour};stroke-width:{2 if tone else 1}"
    size = {"width": f"{_BOX:g}", "height": f"{_ROW - 14:g}", "rx": "4"}
    place = {"x": f"{box.x:g}", "y": f"{box.y:g}"}
    ET.SubElement(
        canvas, "rect", {**place, **size, "style": f"{edge};stroke-dasharray:{dashes or 'none'}"}
    )
    value, *more = textwrap.wrap(box.value.replace(dutch.NBSP, " "), _VALUE)
    drawing.text(canvas, box.x + 8, box.y + 16, value, font_weight="600", font_size="12.5px")
    words = "; ".join([*more, box.label])
    for n, line in enumerate(textwrap.wrap(words, _WORDS, max_lines=3, placeholder="…")):
        drawing.text(canvas, box.x + 8, box.y + 30 + n * _LINE, line, font_size="11px")


def _arrow(canvas: ET.Element, start: Box, end: Box) -> None:
    half = (_ROW - 14) / 2
    x, y, x2, y2 = start.x + _BOX, start.y + half, end.x, end.y + half
    middle = (x + x2) / 2
    style = f"fill:none;stroke:{drawing.SOFT};stroke-width:1.2"
    curve = f"M{x:g},{y:g}C{middle:g},{y:g} {middle:g},{y2:g} {x2 - 5:g},{y2:g}"
    ET.SubElement(canvas, "path", {"d": curve, "style": style})
    head = f"M{x2:g},{y2:g}l-7,-3.5v7z"
    ET.SubElement(canvas, "path", {"d": head, "style": f"fill:{drawing.SOFT}"})


def _legend(canvas: ET.Element, height: float, kinds: dict[str, None]) -> None:
    """Say what the edges mean, in words beside each."""
    x = 20.0
    for kind in kinds:
        tone, dashes, words = _KINDS[kind]
        colour = drawing.tone(tone) if tone else drawing.SOFT
        style = f"fill:none;stroke:{colour};stroke-width:2;stroke-dasharray:{dashes or 'none'}"
        place = {"x": f"{x:g}", "y": f"{height - 32:g}", "width": "22", "height": "14"}
        ET.SubElement(canvas, "rect", {**place, "style": style})
        drawing.text(canvas, x + 28, height - 20, words, font_size="12px")
        x += 46 + 7 * len(words)


def _said(one: Derived, every: list[Box]) -> str:
    """Return the picture in words."""
    first = next((box for box in every if box.kind == "stap"), None)
    largest = f" De grootste stap is {first.label}: {first.value}." if first else ""
    count = dutch.plural(len(cells(one)), "ruwe cel", "ruwe cellen")
    return f"{one.figure.naam} is {every[0].value} en volgt uit {count}.{largest}"
