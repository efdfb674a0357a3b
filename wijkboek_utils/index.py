"""The page over all rendered pilots: a list, a map and small pictures, to search and to sort."""

import math
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from wijkboek_utils import drawing, dutch, pages, show, sources
from wijkboek_utils.dutch import Z90, about, between
from wijkboek_utils.index_entries import CRS, STATUS, Entry, read

_SHOWN = 6  # goals with a bar of their own
_CROWD = 60  # above so many dots a number in each of them cannot be read
_MAP = 340.0  # width of the map in its own units


def write(reports: Path) -> Path:
    """Write `index.html` over all reports in a folder, whole or not at all, and return it.

    The same folders give the same bytes.
    """
    reports.mkdir(parents=True, exist_ok=True)
    path = reports / "index.html"
    sources.write_whole(path, page(read(reports)).encode())
    return path


def page(entries: list[Entry]) -> str:
    """Return the index over some reports as one self-contained page."""
    goals = shown_goals(entries)
    top = max((v + Z90 * _se(s) for e in entries for v, s in _bars(e, goals)), default=0.0)
    top = top if top > 0 else 1.0  # nothing to draw, or nothing but zeros
    border = sources.catalogue().get("landsgrens")
    scripts = [pages.text("index.js")]
    return (
        pages.templates()
        .get_template("index.html.j2")
        .render(
            entries=[_card(n, e, goals, top) for n, e in enumerate(entries, 1)],
            gemeenten=len({e.plaats for e in entries if e.plaats}),
            statuses={s: STATUS[s] for s in STATUS if any(e.status == s for e in entries)},
            top=about(top),
            map=_map(entries, border) if border else "",
            absent=[e.naam for e in entries if e.punt is None],
            table=_table(entries, goals).html,
            credits=[
                "Bron: CBS",
                *([f"{border.attribution} ({border.licence})"] if border else []),
            ],
            style=pages.style(),
            scripts=scripts,
            allowed=pages.allowed(scripts),
        )
    )


def _se(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def shown_goals(entries: list[Entry]) -> list[str]:
    """Return the goals with a bar of their own: the largest over all reports, per inhabitant."""
    sums: dict[str, float] = {}
    for entry in entries:
        for goal, (amount, _) in entry.doelen.items():
            sums[goal] = sums.get(goal, 0.0) + amount
    return sorted(sums, key=lambda goal: (-sums[goal], goal))[:_SHOWN]


def _bars(entry: Entry, goals: list[str]) -> list[tuple[float, float]]:
    """Return amount and standard error of each goal that a report has."""
    return [entry.doelen[goal] for goal in goals if goal in entry.doelen]


def _card(n: int, entry: Entry, goals: list[str], top: float) -> dict[str, Any]:
    """Return what the page says of a report, in words."""
    low, high = max(entry.bedrag - Z90 * entry.se, 0.0), entry.bedrag + Z90 * entry.se
    return {
        "n": n,
        "entry": entry,
        "naam": entry.naam,
        "status": STATUS[entry.status],
        "address": entry.bestanden[0][0],
        "inwoners": dutch.number(entry.inwoners),
        "bedrag": about(entry.bedrag),
        "marge": between(low, high) if dutch.is_known(high) else "",
        "keys": [_key(v) for v in (entry.inwoners, entry.bedrag, entry.jaar)],
        "picture": _small(n, entry, goals, top) if entry.doelen else "",
    }


def _key(value: float) -> str:
    """Return a figure as the script sorts by it; what is not known is empty, and comes last."""
    return f"{value:.0f}" if dutch.is_known(value) else ""


def _small(number: int, entry: Entry, goals: list[str], top: float) -> str:
    """Return the expenses per inhabitant by goal as bars with their range; `top` is the width.

    All reports have the same goals in the same order on the same scale.
    """
    title, ident = f"{number}. Uitgaven per inwoner van {entry.naam}", f"beeld-{number}"
    svg = ET.Element(
        "svg",
        {
            "viewBox": f"0 0 300 {20 * len(goals)}",
            "role": "img",
            "aria-labelledby": f"{ident} {ident}-uitleg",
            "aria-details": "cijfers",
        },
    )
    ET.SubElement(svg, "title", {"id": ident}).text = title
    ET.SubElement(svg, "desc", {"id": f"{ident}-uitleg"}).text = _largest(entry, goals)
    bars, ranges = "", ""
    for n, goal in enumerate(goals):
        y = 20 * n + 10
        place = {"x": "300", "y": f"{y + 4}", "text-anchor": "end"}
        ET.SubElement(svg, "text", {"y": f"{y + 4}"}).text = goal.capitalize()
        ET.SubElement(svg, "text", place).text = _words(entry, goal)
        amount, se = entry.doelen.get(goal, (math.nan, math.nan))
        if not dutch.is_known(amount):
            continue
        x0, scale = 122, 112 / top
        bars += f"M{x0},{y - 7}h{max(amount * scale, 0.5):.1f}v7H{x0}Z"
        if dutch.is_known(se) and se > 0:
            low = x0 + max(amount - Z90 * se, 0) * scale
            high = x0 + (amount + Z90 * se) * scale
            ranges += f"M{low:.1f},{y + 2}v4m0,-2H{high:.1f}m0,-2v4"
    ET.SubElement(svg, "path", {"class": "staaf", "d": bars})
    ET.SubElement(svg, "path", {"class": "marge", "d": ranges})
    return drawing.render(svg)


def _largest(entry: Entry, goals: list[str]) -> str:
    """Return in a sentence what most is spent on, of the goals that are drawn."""
    known = sorted((g for g in goals if g in entry.doelen), key=lambda g: -entry.doelen[g][0])
    if not known:
        return "Van de grootste doelen is hier geen bedrag bekend."
    said = dutch.join([f"{g.lower()} ({_words(entry, g)})" for g in known[:3]])
    return f"Van deze doelen krijgt het meeste geld: {said}."


def _words(entry: Entry, goal: str) -> str:
    return about(entry.doelen[goal][0]) if goal in entry.doelen else dutch.UNKNOWN


def _map(entries: list[Entry], border: sources.Source) -> str:
    """Return the Netherlands with a dot for each report that says where it is; a dot is a link."""
    frame = gpd.read_file(sources.read_bytes(border)).to_crs(CRS)
    shape = frame.union_all().simplify(400)
    x0, y0, x1, y1 = shape.bounds
    scale = _MAP / (x1 - x0)
    svg = ET.Element(
        "svg",
        {
            "viewBox": f"-8 -8 {_MAP + 16:g} {(y1 - y0) * scale + 16:.0f}",
            "role": "group",
            "aria-label": "Kaart van Nederland met een stip per rapport",
            "aria-details": "cijfers",
        },
    )
    path = "".join(
        "M" + "L".join(f"{(x - x0) * scale:.1f},{(y1 - y) * scale:.1f}" for x, y in ring) + "Z"
        for ring in (part.exterior.coords[:-1] for part in getattr(shape, "geoms", [shape]))
    )
    ET.SubElement(svg, "path", {"class": "land", "d": path})
    known = [(n, e, e.punt) for n, e in enumerate(entries, 1) if e.punt is not None]
    spots = [((p[0] - x0) * scale, (y1 - p[1]) * scale) for _, _, p in known]
    crowd = len(known) > _CROWD
    radius = 4.0 if crowd else 11.0
    for (n, entry, _), (x, y) in zip(known, spots if crowd else apart(spots, radius), strict=True):
        name = f"{n}. {entry.naam}, {entry.plaats}"
        link = {"href": entry.bestanden[0][0], "aria-label": name, "data-n": str(n)}
        # The same links stand in the list: hundreds of dots need not be passed one by one.
        dot = ET.SubElement(svg, "a", link | ({"tabindex": "-1"} if crowd else {}))
        ET.SubElement(dot, "title").text = name
        circle = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{radius:g}"}
        ET.SubElement(dot, "circle", {"class": f"stip {entry.status}", **circle})
        if not crowd:
            place = {"x": f"{x:.1f}", "y": f"{y + 4:.1f}", "text-anchor": "middle"}
            ET.SubElement(dot, "text", place).text = str(n)
    return drawing.render(svg)


def apart(spots: list[tuple[float, float]], radius: float) -> list[tuple[float, float]]:
    """Return the spots pushed apart until, nearly always, no two dots of this radius overlap."""
    moved = [list(spot) for spot in spots]
    for _ in range(60):
        for i, a in enumerate(moved):
            for j, b in enumerate(moved[:i]):
                dx, dy = a[0] - b[0], a[1] - b[1]
                far = math.hypot(dx, dy)
                if far >= 2 * radius:
                    continue
                # Two dots on one spot go to either side, in a direction of their own.
                turn = 2.4 * (i + j)
                ux, uy = (dx / far, dy / far) if far else (math.cos(turn), math.sin(turn))
                push = radius - far / 2
                a[0], a[1] = a[0] + ux * push, a[1] + uy * push
                b[0], b[1] = b[0] - ux * push, b[1] - uy * push
    return [(x, y) for x, y in moved]


def _table(entries: list[Entry], goals: list[str]) -> show.Html:
    """Return every figure of the page as a table, in the order of the list."""
    frame = pd.DataFrame(
        {
            "Gebied": [f"{n}. {e.naam}" for n, e in enumerate(entries, 1)],
            "Gemeente": [e.plaats or dutch.UNKNOWN for e in entries],
            "Over": [e.periode or dutch.UNKNOWN for e in entries],
            "Status": [STATUS[e.status] for e in entries],
            "Inwoners": [dutch.number(e.inwoners) for e in entries],
            "Uitgaven per inwoner": [dutch.interval(e.bedrag, e.se) for e in entries],
            **{
                g.capitalize(): [dutch.interval(*e.doelen.get(g, (None, None))) for e in entries]
                for g in goals
            },
        }
    )
    numbers = ["Inwoners", "Uitgaven per inwoner", *(g.capitalize() for g in goals)]
    return show.table(frame, "Alle rapporten met hun cijfers", dict.fromkeys(numbers, str))
