"""The picture of who may pay for what: a row per budget, a column per plan."""

import xml.etree.ElementTree as ET

import pandas as pd

from wijkboek_utils import drawing, dutch
from wijkboek_utils.drawing import INK, NAME, PAPER, SOFT, WIDTH, tone
from wijkboek_utils.models.plans import ADHESION, COHESION

MOST = 10  # plans, and twice as many budgets: more cannot be read on a telephone
_NAMED, _ROW = 150.0, 36.0
_WORDS = {COHESION: "eigen doel (cohesie)", ADHESION: "ander doel (adhesie)"}


def draw(matrix: pd.DataFrame, title: str, description: str) -> str:
    """Return who may pay: a solid square for the own goal, an open circle for another.

    `matrix` as `resilience.matrix`, of at most `MOST` plans and twice as many budgets. Plans have a
    number above their column; their names stand below the drawing, in the same order.
    """
    plans = list(dict.fromkeys(matrix["activiteit"]))
    budgets = list(dict.fromkeys(matrix["budget"]))
    kinds = {(r.budget, r.activiteit): r.soort for r in matrix.itertuples()}
    top = 26.0
    below = top + _ROW * len(budgets) + 14
    height = below + 20 * (len(plans) + 2) + 6
    svg = drawing.canvas(WIDTH, height, title, description)
    step = (WIDTH - _NAMED) / len(plans)
    for n, _ in enumerate(plans):
        middle = _NAMED + step * (n + 0.5)
        drawing.text(svg, middle, 17, str(n + 1), anchor="middle", font_weight="600")
    for m, budget in enumerate(budgets):
        y = top + _ROW * m
        drawing.rect(svg, 0, y, WIDTH, 0.7, SOFT)
        first, *rest = drawing.lines(dutch.capital(dutch.name(budget, 44)), 22)
        drawing.text(svg, 0, y + (22 if not rest else 15), first)
        if rest:
            drawing.text(svg, 0, y + 29, rest[0])
        for n, plan in enumerate(plans):
            _mark(svg, _NAMED + step * (n + 0.5), y + _ROW / 2, kinds.get((budget, plan)))
    drawing.rect(svg, 0, top + _ROW * len(budgets), WIDTH, 0.7, SOFT)
    for n, (kind, words) in enumerate(_WORDS.items()):
        _mark(svg, 8 + 170 * n, below + 10, kind)
        drawing.text(svg, 22 + 170 * n, below + 14, words)
    for n, plan in enumerate(plans):
        line = f"{n + 1}. {dutch.capital(dutch.name(plan, 48))}"
        drawing.text(svg, 0, below + 40 + 20 * n, line, font_size=NAME)
    return drawing.render(svg)


def _mark(svg: ET.Element, x: float, y: float, kind: object) -> None:
    if kind == COHESION:
        drawing.rect(svg, x - 7, y - 7, 14, 14, tone("1"))
    elif kind == ADHESION:
        drawing.dot(svg, x, y, 7, PAPER, tone("3"))
    else:
        drawing.rect(svg, x - 3, y - 0.5, 6, 1, INK)
