"""Who decides about money that is handed to a wijkbedrijf, and who accounts to whom: a scheme."""

from xml.etree.ElementTree import Element

from wijkboek_utils import drawing, show
from wijkboek_utils.drawing import INK, PAPER, SOFT, WIDTH
from wijkboek_utils.show import Html

TITLE = "Wie geeft, wie doet en wie legt verantwoording af"
_BOXES = [
    ("de gemeenteraad", "stelt het geld en de regels vast"),
    ("de gemeente", "geeft de opdracht en houdt het terrein"),
    ("het wijkbedrijf", "de leden kiezen het bestuur en doen het werk"),
    ("de bewoners", "beslissen mee en kiezen de gemeenteraad"),
]
# What goes down between two boxes, and what comes back up.
_DOWN = ["50.000 euro per jaar", "geld en opdracht", "groen, werk en loon"]
_UP = ["het jaarverslag", "de rekening en de schouw", "meepraten en klagen"]
_BOX, _GAP, _LEFT, _RIGHT = 46.0, 52.0, 30.0, 310.0


def scheme(twin: Html) -> Html:
    """Return the scheme as a figure; `twin` is the table that says the same."""
    sentence = (
        "Van boven naar beneden gaan geld en opdracht. Van onder naar boven gaan verslag, "
        "rekening en stem. Dit is een voorbeeld."
    )
    height = len(_BOXES) * _BOX + len(_DOWN) * _GAP + 2
    svg = drawing.canvas(WIDTH, height, TITLE, sentence)
    for nr, (name, does) in enumerate(_BOXES):
        y = 1 + nr * (_BOX + _GAP)
        _box(svg, y, name, does)
        if nr < len(_DOWN):
            _arrow(svg, _LEFT, y + _BOX + 5, y + _BOX + _GAP - 5)
            _arrow(svg, _RIGHT, y + _BOX + _GAP - 5, y + _BOX + 5)
            middle = y + _BOX + _GAP / 2
            drawing.text(svg, _LEFT + 12, middle - 4, _DOWN[nr])
            drawing.text(svg, _RIGHT - 12, middle + 13, _UP[nr], anchor="end", fill=SOFT)
    return show.figure(TITLE, sentence, drawing.render(svg), twin, shape="narrow")


def _box(svg: Element, y: float, name: str, does: str) -> None:
    box = drawing.rect(svg, 1, y, WIDTH - 2, _BOX, PAPER)
    box.set("style", f"fill:{PAPER};stroke:{INK};stroke-width:1.5")
    drawing.text(svg, WIDTH / 2, y + 19, name, anchor="middle", font_weight="600")
    drawing.text(svg, WIDTH / 2, y + 36, does, anchor="middle", fill=SOFT)


def _arrow(svg: Element, x: float, start: float, end: float) -> None:
    """Draw a line from `start` to `end`, with a head."""
    back = -6 if end > start else 6
    d = f"M{x:.1f},{start:.1f}V{end:.1f}M{x - 4:.1f},{end + back:.1f}L{x:.1f},{end:.1f}"
    drawing.path(svg, f"{d}l4,{back}", stroke=INK, stroke_width="1.5", fill="none")
