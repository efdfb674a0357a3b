"""From an executed notebook to a part of a page: its prose, results and folded code."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import nbformat

from wijkboek_utils.show import LINKED_DATA, slug


@dataclass(frozen=True)
class Chapter:
    """A notebook as a part of the page: `contents` are its sections (id, title)."""

    id: str
    title: str
    body: str
    contents: list[tuple[str, str]]


@cache
def _exporter() -> Any:
    """Return nbconvert's HTML exporter with our own small template."""
    from nbconvert.exporters import HTMLExporter  # takes seconds to import

    return HTMLExporter(
        template_name="wijkboek",
        extra_template_basedirs=[str(Path(__file__).parent / "templates")],
        exclude_anchor_links=True,
        language_code="nl",
        embed_images=True,
    )


def chapter(name: str, node: nbformat.NotebookNode) -> Chapter:
    """Return an executed notebook as a chapter: its headings one level down, each with an id."""
    resources = {"metadata": {"name": name}}  # so that a result can point at the code that made it
    body, _ = _exporter().from_notebook_node(_join_code(node), resources=resources)
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
    body = _reachable(body, name)
    title = next((t for level, _, t in contents if level == 1), name)
    return Chapter(key, title, body, [(i, t) for level, i, t in contents if level == 2])


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
