"""The curves of scale as a picture and in words."""

import math

import pandas as pd

from wijkboek_utils import drawing, dutch, show
from wijkboek_utils.drawing import INK, NAME, PAPER, SOFT, WIDTH
from wijkboek_utils.models import scaling
from wijkboek_utils.models.scaling import BEST, NOW, WIJK
from wijkboek_utils.show import Html

_HIGH, _ROOM, _EDGE = 84.0, 76.0, 10.0  # of one curve: its drawing, the words around it, its sides
_NEAR = 92.0  # labels closer than this stand on two lines
_MOST = 200.0  # what costs more than twice as much as now falls off the picture
_NAMES = {NOW: "nu", WIJK: "de wijk", BEST: "keerpunt"}


def sentence(rows: pd.DataFrame, naam: str) -> str:
    """Say what organising work as large as the area would do to its cost; `rows` as `table`."""
    street = rows[(rows["schaal"] == "straat") & (rows["punt"] == WIJK)]
    if rows.empty:
        return f"Van {naam} is niet bekend dat er mensen wonen. Daarom is er geen schaallijn."
    if street.empty:
        return (
            f"In {naam} wonen minder mensen dan in de kleinste gemeente. Wat werk in de straten "
            "dan per inwoner kost, zegt het onderzoek niet."
        )
    one = street.iloc[0]
    low, high = (round(one[end]) - 100 for end in ("laag", "hoog"))
    if low == high == 0:
        return f"{naam} is zo groot als een gemeente: zo is het werk in de straten nu al geregeld."
    return (
        f"Groter is niet altijd goedkoper. Stel dat werk in de straten van {naam} per wijk wordt "
        f"geregeld. Volgens deze lijn kost het per inwoner dan {_change(low, high)} dan nu."
    )


def _change(low: float, high: float) -> str:
    """Return a range of changes in percent: less, more, or both."""
    if high < 0:
        return f"{_span(-high, -low)} minder"
    if low >= 0:
        return f"{_span(low, high)} meer"
    return f"{-low} procent minder tot {high} procent meer"


def _span(low: float, high: float) -> str:
    return f"{low}{dutch.NBSP}procent" if low == high else f"{low} tot {high}{dutch.NBSP}procent"


def figure(rows: pd.DataFrame, naam: str) -> Html:
    """Return the curves, one below the other, with a table; `rows` as `scaling.table`."""
    if rows.empty:
        return show.text(sentence(rows, naam))
    title = f"Wat werk per inwoner kost als het kleiner of groter is geregeld, {naam}"
    words = (
        "De lijn is onze berekening, het lichte vlak het bereik. Links is klein, rechts is groot. "
        f"Hoog is duur: {scaling.INDEX:g} is wat het nu kost. Het keerpunt is het laagste punt."
    )
    kinds = [group for _, group in rows.groupby("schaal", sort=False)]
    svg = drawing.canvas(WIDTH, (_HIGH + _ROOM) * len(kinds), title, words)
    for n, group in enumerate(kinds):
        _draw(svg, group, n * (_HIGH + _ROOM))
    return show.figure(title, words, drawing.render(svg), table(rows, naam), shape="narrow")


def table(rows: pd.DataFrame, naam: str) -> Html:
    """Return the named points of the curves; `rows` as `scaling.table`."""
    named = rows[rows["punt"] != ""]
    frame = pd.DataFrame(
        {
            "Werk": named["naam"],
            "Hoe groot": [
                f"zoals {r.wie} nu" if r.punt == NOW else _NAMES[r.punt] for r in named.itertuples()
            ],
            "Inwoners": [_people(n) for n in named["inwoners"]],
            "Kosten per inwoner": [
                f"{r.kosten:.0f}" if r.punt == NOW else f"{r.laag:.0f} tot {r.hoog:.0f}"
                for r in named.itertuples()
            ],
        }
    )
    return show.table(
        frame,
        f"Schaal en kosten, {naam}",
        dict.fromkeys(["Inwoners", "Kosten per inwoner"], str),
        "100 is wat het nu kost. Bij koken en wassen gaat het om tijd per persoon.",
    )


def _people(count: float) -> str:
    return dutch.number(count, 1) if count < 10 else dutch.estimate(count, count / 20)


def _draw(svg: drawing.ET.Element, rows: pd.DataFrame, top: float) -> None:
    """Draw one curve: its name, its range, its line and the named sizes."""
    line = rows.sort_values("inwoners")
    ends = [math.log(line["inwoners"].min()), math.log(line["inwoners"].max())]
    base = top + 26 + _HIGH

    def x(size: float) -> float:
        width = WIDTH - 2 * _EDGE
        return _EDGE + width * (math.log(size) - ends[0]) / (ends[1] - ends[0])

    def y(cost: float) -> float:
        return base - _HIGH * min(cost, _MOST) / _MOST

    drawing.text(svg, 0, top + 14, rows["naam"].iloc[0], font_size=NAME, font_weight="600")
    drawing.path(svg, f"M0,{base:.1f}H{WIDTH}", stroke=SOFT, stroke_width="0.7")
    level = f"M0,{y(scaling.INDEX):.1f}H{WIDTH}"
    drawing.path(svg, level, stroke=SOFT, stroke_width="0.7", stroke_dasharray="2 4")
    up = [f"{x(r.inwoners):.1f},{y(r.hoog):.1f}" for r in line.itertuples()]
    down = [f"{x(r.inwoners):.1f},{y(r.laag):.1f}" for r in line[::-1].itertuples()]
    colour = drawing.tone("1")
    drawing.path(svg, f"M{'L'.join(up + down)}Z", fill=colour, fill_opacity=".18")
    middle = "L".join(f"{x(r.inwoners):.1f},{y(r.kosten):.1f}" for r in line.itertuples())
    drawing.path(svg, f"M{middle}", stroke=colour, stroke_width="2", fill="none")
    before, lower = -_NEAR, False
    for mark in line[line["punt"] != ""].itertuples():
        at = x(mark.inwoners)
        drawing.dot(svg, at, y(mark.kosten), 4, PAPER, INK)
        lower = at - before < _NEAR and not lower
        before = at
        anchor = "start" if at < _NEAR / 2 else "end" if at > WIDTH - _NEAR / 2 else "middle"
        edge = {"start": 0.0, "end": WIDTH}.get(anchor, at)
        words = f"{_NAMES[mark.punt]}: {mark.kosten:.0f}"
        drawing.path(svg, f"M{at:.1f},{base:.1f}v4", stroke=SOFT, stroke_width="1")
        height = base + (32 if lower else 17)
        drawing.text(svg, edge, height, words, font_size="12px", anchor=anchor, fill=SOFT)
