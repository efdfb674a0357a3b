"""From an executed notebook to a part of a page: its prose, results and folded code."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from html import unescape
from pathlib import Path
from typing import Any

import nbformat

from wijkboek_utils import htmltree
from wijkboek_utils.show import LINKED_DATA, slug


@dataclass(frozen=True)
class Chapter:
    """A notebook as a part of the page: `contents` are its sections (id, title)."""

    id: str
    title: str
    body: str
    contents: list[tuple[str, str]]


@cache
def _template() -> Any:
    """Return our own small template for notebooks, with the filters of nbconvert."""
    from nbconvert.exporters import HTMLExporter  # takes seconds to import

    folder = str(Path(__file__).parent / "templates")
    exporter = HTMLExporter(template_name="wijkboek", extra_template_basedirs=[folder])
    exporter.register_filter("markdown2html", _markdown)
    exporter.register_filter("filter_data_type", _richest)
    return exporter.template


@lru_cache(maxsize=2_000)  # the prose of a notebook is the same for every pilot
def _markdown(source: str) -> str:
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    renderer = IPythonRenderer(escape=False, embed_images=True, exclude_anchor_links=True)
    return str(MarkdownWithMath(renderer=renderer).render(source))


_FORMS = ("text/html", "text/markdown", "image/svg+xml", "text/plain")
_PARTS = ("code", "markdown", "raw", "unknown", "input", "output")  # no numbers of cells


def _richest(output: dict[str, Any]) -> list[str]:
    """Return in which of its forms we show a result."""
    return [kind for kind in _FORMS if kind in output][:1]


def chapter(name: str, node: nbformat.NotebookNode, pilot: str = "") -> Chapter:
    """Return an executed notebook as a chapter: its headings one level down, each with an id.

    `pilot` is whose report it is a part of.
    """
    body = _rendered(name, node)
    contents: list[tuple[int, str, str]] = []
    key = slug(name.split("_", 1)[-1])

    def heading(match: re.Match[str]) -> str:
        level, title = int(match["level"]), unescape(re.sub(r"<[^>]+>", "", match["title"])).strip()
        ident = key if level == 1 else f"{key}-{slug(title)}"
        contents.append((level, ident, title))
        return f'<h{level + 1} id="{ident}">{match["title"]}</h{level + 1}>'

    body = re.sub(
        r"<h(?P<level>[1-5])[^>]*>(?P<title>.*?)</h(?P=level)>", heading, body, flags=re.S
    )
    body = with_passports(_reachable(body, name), pilot)
    title = next((t for level, _, t in contents if level == 1), name)
    return Chapter(key, title, body, [(i, t) for level, i, t in contents if level == 2])


def _rendered(name: str, node: nbformat.NotebookNode) -> str:
    resources = {
        "metadata": {"name": name},  # so that a result can point at the code that made it
        "global_content_filter": {f"include_{part}": True for part in _PARTS},
    }
    page = _template().render(nb=_join_code(node), resources=resources)
    return htmltree.written(page.lstrip("\n"))


def with_passports(body: str, pilot: str) -> str:
    """Return a chapter in which each cijferpaspoort has its id, as `linked` numbers them.

    And the command that derives its figure, in the report of `pilot`.
    """
    numbers: dict[str, itertools.count] = {}

    def passport(match: re.Match[str]) -> str:
        step = match["step"]
        ident = f"{step}-{next(numbers.setdefault(step, itertools.count(1)))}"
        command = f"wijkboek explain {pilot} {ident.removeprefix('cel-')}"
        row = f"<div><dt>Herleid</dt><dd><code>{command}</code></dd></div>"
        return f'<dl id="{ident}">{match["facts"]}{row}</dl>'

    found = r'<dl id="#pas">(?P<facts>.*?href="#(?P<step>cel-[^"]+)".*?)</dl>'
    return re.sub(found, passport, body)


def _reachable(body: str, name: str) -> str:
    """Return the tables that pandas wrote as tables that a keyboard and a screen reader can use."""
    numbers = itertools.count(1)

    def table(match: re.Match[str]) -> str:
        head, _, rows = match["inner"].replace("<th></th>", "<td></td>").partition("</thead>")
        head, rows = (
            head.replace("<th>", '<th scope="col">'),
            rows.replace("<th>", '<th scope="row">'),
        )
        label = f"Tabel {next(numbers)} van notebook {name}"
        return (
            f'<div class="wb-table" tabindex="0" role="group" aria-label="{label}">'
            f'<table class="dataframe">{head}</thead>{rows}</table></div>'
        )

    body = re.sub(r"<style scoped[^>]*>.*?</style>", "", body, flags=re.S)
    frame = r'<table border="1" class="dataframe">(?P<inner>.*?)</table>'
    return re.sub(frame, table, body, flags=re.S)


def _join_code(node: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a notebook in which code that shows nothing is read with the code that follows it.

    A reader then meets one fold of code per result instead of one per cell.
    """
    joined = nbformat.from_dict({**node, "cells": []})
    waiting = ""
    for cell in node.cells:
        if cell.cell_type != "code":
            joined.cells.append(cell)
        elif cell.outputs:
            joined.cells.append(nbformat.from_dict({**cell, "source": waiting + cell.source}))
            waiting = ""
        else:
            waiting += cell.source.strip() + "\n\n"
    if waiting:
        joined.cells.append(nbformat.v4.new_code_cell(waiting.strip(), id="code"))
    return joined


def linked(name: str, node: nbformat.NotebookNode) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """Yield the cells of an executed notebook that show cijferpaspoorten: their id in the page, and
    the passports as JSON-LD.
    """
    for cell in node.cells:
        found = [n for o in cell.get("outputs", []) for n in o.get("data", {}).get(LINKED_DATA, [])]
        if found:
            yield f"cel-{name}-{cell.id}", found
