"""Good contributions of every kind and form, and 500 seeded ways in which they arrive mangled.

Each case says what must come of it: `SAME`, the right rows and nothing else; `REFUSED`; `EITHER` of
both. Of a file that lost a byte or its end nobody can see everything: `NEAR` is a refusal or rows
of which at most one differs, `START` a refusal or the first rows, the last of them cut.
"""

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from wijkboek_utils.local import schema

SAME, REFUSED, EITHER, NEAR, START = "same", "refused", "either", "near", "start"
EVIL = "wijkboek_kwaad"  # in every name of a file that must not come to be
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@dataclass(frozen=True)
class Table:
    """The right cells of a file."""

    kind: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def cell(self, row: int, column: int, text: str) -> "Table":
        """Return the same table with another text in one cell."""
        rows = [list(cells) for cells in self.rows]
        rows[row][column] = text
        return replace(self, rows=tuple(map(tuple, rows)))

    @property
    def last(self) -> int:
        """Return the place of the last column, which takes free text."""
        return len(self.columns) - 1


@dataclass(frozen=True)
class Case:
    """A file as it arrives, with what must come of it."""

    what: str
    form: str
    content: bytes
    right: Table
    expect: str = SAME

    @property
    def name(self) -> str:
        """Return a name of the file that says nothing of its form."""
        return f"{self.right.kind}.{self.form}"


Made = tuple[bytes, Table, str]
Write = Callable[..., bytes]  # of a table


@cache
def good(kind: str) -> Table:
    """Return five rows of a kind that pass the check, with letters beyond ASCII in the last."""
    fields = [f for f in schema.load(kind).fields if f.example]
    rows = [
        tuple([*(f.example for f in fields[:-1]), f"rij {n} bij het café"]) for n in range(1, 6)
    ]
    return Table(kind, tuple(f.name for f in fields), tuple(rows))


def about(kind: str) -> dict[str, str]:
    """Return what a good file says of itself."""
    told = {f.name: f.example for f in schema.about().fields if f.example}
    return {"dataset": kind, **told, "coordinaten": "RD"}


# CSV


def text(
    table: Table,
    separator: str = ";",
    encoding: str = "utf-8",
    end: str = "\r\n",
    top: str = "",
    quoting: Any = csv.QUOTE_MINIMAL,
) -> bytes:
    """Return a table as CSV, with what the file says of itself on top."""
    made = io.StringIO()
    made.write(top + "".join(f"# {n}: {value}{end}" for n, value in about(table.kind).items()))
    writer = csv.writer(made, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerows([table.columns, *table.rows])
    return made.getvalue().encode(encoding)


def _written(name: str, **how: Any) -> Callable[[Table, random.Random], Made]:
    def made(table: Table, _: random.Random) -> Made:
        return text(table, **how), table, SAME

    made.__name__ = name
    return made


def holding(
    name: str, cell: str, seen: str | None = None, expect: str = SAME, write: Write = text
) -> Any:
    """Return what writes a text in the last column, that is read as `seen`."""

    def made(table: Table, random: random.Random) -> Made:
        row = random.randrange(5)
        right = table.cell(row, table.last, cell if seen is None else seen)
        return write(table.cell(row, table.last, cell)), right, expect

    made.__name__ = name
    return made


def changed(
    name: str,
    change: Callable[[bytes, random.Random], bytes],
    expect: str,
    write: Write = text,
) -> Any:
    """Return what changes the bytes of a good file."""

    def made(table: Table, random: random.Random) -> Made:
        return change(write(table), random), table, expect

    made.__name__ = name
    return made


def _line(content: bytes, random: random.Random) -> tuple[list[bytes], int]:
    lines = content.split(b"\r\n")
    return lines, len(lines) - 1 - random.randrange(1, 6)


def _add_cell(content: bytes, random: random.Random) -> bytes:
    lines, at = _line(content, random)
    lines[at] += b";nog een"
    return b"\r\n".join(lines)


def _lose_cell(content: bytes, random: random.Random) -> bytes:
    lines, at = _line(content, random)
    lines[at] = lines[at].partition(b";")[2]
    return b"\r\n".join(lines)


def _open_quote(content: bytes, random: random.Random) -> bytes:
    lines, at = _line(content, random)
    lines[at] = b'"' + lines[at]
    return b"\r\n".join(lines)


def _without_header(content: bytes, _: random.Random) -> bytes:
    lines = content.split(b"\r\n")
    return b"\r\n".join([line for n, line in enumerate(lines) if n != len(lines) - 7])


def _double_name(content: bytes, _: random.Random) -> bytes:
    lines = content.split(b"\r\n")
    names = lines[-7].split(b";")
    lines[-7] = b";".join([names[1].upper(), *names[1:]])
    return b"\r\n".join(lines)


def _spaced(content: bytes, _: random.Random) -> bytes:
    return content.replace(b"\r\n", b"\r\n;;;\r\n\r\n")


def _wide(content: bytes, _: random.Random) -> bytes:
    lines = content.split(b"\r\n")
    lines[-7] += b";" * 1_000_000
    return b"\r\n".join(lines)


def _titled(content: bytes, _: random.Random) -> bytes:
    lines = content.split(b"\r\n")
    return b"\r\n".join([*lines[:-7], b"Onze telling;;;", b"", *lines[-7:]])


def flip(content: bytes, random: random.Random) -> bytes:
    made = bytearray(content)
    made[random.randrange(len(made))] ^= 1 << random.randrange(8)
    return bytes(made)


def cut(content: bytes, random: random.Random) -> bytes:
    return content[: random.randrange(1, len(content))]


def _lose_byte(content: bytes, random: random.Random) -> bytes:
    at = random.randrange(content.index(b"\r\n", 400), len(content))
    return content[:at] + content[at + 1 :]


CSV = [
    _written("plain"),
    _written("comma", separator=","),
    _written("tab", separator="\t"),
    _written("bar", separator="|"),
    _written("windows_1252", encoding="cp1252"),
    _written("bom", encoding="utf-8-sig"),
    _written("bom_twice", encoding="utf-8-sig", top="\ufeff"),
    _written("utf_16", encoding="utf-16"),
    _written("utf_16_big", encoding="utf-16-be", top="\ufeff"),
    _written("line_feeds", end="\n"),
    _written("carriage_returns", end="\r"),
    _written("all_quoted", quoting=csv.QUOTE_ALL),
    _written("sep_line", top="sep=;\r\n"),
    changed("blank_rows", _spaced, SAME),
    changed("title_above", _titled, SAME),
    changed("million_columns", _wide, SAME),
    holding("newline_in_cell", "eerst\nen dan", "eerst\nen dan"),
    holding("separator_in_cell", "dit; en «dat», zei ze"),
    holding("hyperlink", '=HYPERLINK("http://127.0.0.1/?"&A1;"klik")'),
    holding("command", "=cmd|' /C calc'!A0"),
    holding("at_sum", "@SUM(1+1)*cmd|' /C calc'!A0"),
    holding("script", SCRIPT),
    holding("path", f"../../../../tmp/{EVIL}"),
    holding("template_text", "{{ 7*7 }} ${jndi:ldap://127.0.0.1/a}"),
    holding("right_to_left", "boom\u202egnp.exe\u202c\u200b", "boomgnp.exe"),
    holding("control", "boom\x07\x1b[31m", "boom[31m"),
    holding("huge_cell", "x" * 100_000, expect=REFUSED),
    holding("twice_encoded", "bij het café".encode().decode("cp1252"), expect=REFUSED),
    changed("extra_cell", _add_cell, REFUSED),
    changed("lost_cell", _lose_cell, REFUSED),
    changed("open_quote", _open_quote, REFUSED),
    changed("no_header", _without_header, REFUSED),
    changed("double_name", _double_name, REFUSED),
    changed("nul", lambda c, r: c[: len(c) - 50] + b"\0" + c[len(c) - 50 :], REFUSED),
    changed("mixed", lambda c, r: c + "naïef".encode("cp1252") + b"\r\n", REFUSED),
    changed("undefined", lambda c, r: c.replace("é".encode(), b"\x81"), REFUSED),
    changed("utf_16_bare", lambda c, r: c.decode().encode("utf-16-le"), REFUSED),
    changed("pdf", lambda c, r: b"%PDF-1.7\n" + c, REFUSED),
    changed("web_page", lambda c, r: b"\xef\xbb\xbf<!DOCTYPE html><table>" + c, REFUSED),
    changed("picture", lambda c, r: b"\x89PNG\r\n\x1a\n" + c, REFUSED),
    changed("old_excel", lambda c, r: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + c, REFUSED),
    changed("empty", lambda c, r: b" \r\n", REFUSED),
    changed("too_long", lambda c, r: c + b"a;b\r\n" * 300_000, REFUSED),
    changed("too_big", lambda c, r: c * 20_000, REFUSED),
    changed("flip", flip, NEAR),
    changed("flip_again", flip, NEAR),
    changed("lost_byte", _lose_byte, NEAR),
    changed("cut", cut, START),
]
