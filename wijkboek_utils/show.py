"""Figures and tables as accessible HTML that reads the same in a notebook and in the report."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.dutch import plain

Format = Callable[..., str]


LINKED_DATA = "application/ld+json"
SHORT = 14  # rows


@dataclass(frozen=True)
class Html:
    """A piece of HTML that a notebook shows as it is. Everything in it is escaped by its maker.

    `linked` is the same for machines: the cijferpaspoorten in it as JSON-LD, a dict each.
    """

    html: str = field(repr=False)  # else a notebook would hold it twice
    linked: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/html": self.html}
        return bundle | ({LINKED_DATA: list(self.linked)} if self.linked else {})

    def with_class(self, name: str) -> "Html":
        """Return this piece in a box of its own, for the style sheet."""
        return replace(self, html=f'<div class="{name}">{self.html}</div>')

    def __add__(self, other: "Html") -> "Html":
        return Html(self.html + other.html, self.linked + other.linked)


def in_page(text: str) -> str:
    """Return a text for in a page, where it is a text and nothing else."""
    return escape(plain(text))


def slug(text: str) -> str:
    """Return `text` as an id for HTML: lower case, words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "deel"


def table(
    frame: pd.DataFrame,
    caption: str,
    formats: dict[str, Format] | None = None,
    note: str = "",
    totals: tuple[str, ...] = (),
) -> Html:
    """Return a table with a caption, a header for each column and, in the first column, each row.

    `formats` names the columns that hold figures and how they are written; they are aligned right.
    Other columns are text. A missing value is written as a word. Rows whose first cell is in
    `totals` are set apart.
    """
    formats = formats or {}
    head = "".join(
        f'<th scope="col"{_number_class(c, formats)}>{in_page(str(c))}</th>' for c in frame.columns
    )
    rows = []
    # Column by column: a row of a frame would turn a year beside an amount into 2023.0.
    for row in zip(*(frame[c].to_numpy(object) for c in frame.columns), strict=True):
        pairs = zip(frame.columns, row, strict=True)
        cells = [_cell(c, value, formats, first=n == 0) for n, (c, value) in enumerate(pairs)]
        kind = ' class="total"' if row[0] in totals else ""
        rows.append(f"<tr{kind}>{''.join(cells)}</tr>")
    short = " wb-short" if len(frame) <= SHORT else ""  # on paper it stays together
    below = f'<p class="note">{in_page(note)}</p>' if note else ""
    return Html(
        f'<div class="wb-table{short}" tabindex="0" role="group" aria-label="{in_page(caption)}">'
        f"<table><caption>{in_page(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>{below}"
    )


def _number_class(column: str, formats: dict[str, Format]) -> str:
    return ' class="num"' if column in formats else ""


def _cell(column: str, value: object, formats: dict[str, Format], first: bool) -> str:
    text = dutch.UNKNOWN if pd.isna(value) else formats.get(column, str)(value)
    tag = 'th scope="row"' if first else "td"
    return f"<{tag}{_number_class(column, formats)}>{in_page(text)}</{tag[:2]}>"


def fold(summary: str, content: Html) -> Html:
    """Return `content` folded away behind a line that opens it, without JavaScript."""
    html = f"<details><summary>{in_page(summary)}</summary>{content.html}</details>"
    return replace(content, html=html)


def figure(
    title: str,
    sentence: str,
    svg: str,
    twin: Html,
    legend: Html | None = None,
    shape: str = "",
) -> Html:
    """Return a picture with its title, one sentence that says what to see, and its table.

    `svg` is an inline drawing made by `charts`, with `role="img"`; `twin` the same figures as a
    table; `legend` what the colours of a map mean; `shape` is `wide` for a picture that scrolls
    on a narrow screen and `narrow` for one that need not fill a wide one.
    """
    below = legend.html if legend else ""
    return replace(
        twin,
        html=f'<figure class="wb-figure"><figcaption><strong>{in_page(title)}</strong> '
        f"{in_page(sentence)}</figcaption>"
        f'<div class="wb-scroll wb-{shape or "plain"}" tabindex="0" role="group" '
        f'aria-label="Afbeelding: {in_page(title)}">'
        f"{svg}</div>{below}{fold(f'Toon de cijfers: {title}', twin).html}</figure>",
    )


def text(*paragraphs: str) -> Html:
    """Return plain paragraphs."""
    return Html("".join(f"<p>{in_page(p)}</p>" for p in paragraphs if p))


def bullets(items: list[str]) -> Html:
    """Return a list."""
    return Html(f"<ul>{''.join(f'<li>{in_page(i)}</li>' for i in items)}</ul>")


def key_figures(items: list[tuple[str, str, str, Html]]) -> Html:
    """Return the few figures that matter: (what it is, the figure in words, what it means, its
    passport).
    """
    blocks = "".join(
        f"<div><dt>{in_page(name)}</dt><dd><strong>{in_page(value)}</strong>"
        f"<span>{in_page(meaning)}</span>{passport.html}</dd></div>"
        for name, value, meaning, passport in items
    )
    linked = tuple(one for *_, passport in items for one in passport.linked)
    return Html(f'<dl class="wb-key">{blocks}</dl>', linked)
