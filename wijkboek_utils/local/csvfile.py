"""A CSV file as a table: its encoding, its separator, and what it says of itself at the top."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from wijkboek_utils.local import limits
from wijkboek_utils.local.tabular import Line, Refusal, Table, clean, key, tabulate

BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
SEPARATORS = ";\t,|"
_SAMPLE = 200  # rows by which the separator is chosen
_SAVE = "Bewaar het bestand opnieuw, als «CSV UTF-8»."
_SEP = re.compile(r"\"?sep=([;,|\t])\"?[ \t]*(\r\n|\r|\n)", re.IGNORECASE)
_ABOUT = re.compile(r"[\"']?#([^\r\n]*)(\r\n|\r|\n|\Z)")
_UTF8_PAIR = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")  # a letter with an accent, or more


def read(content: bytes) -> Table:
    """Return the table of a CSV file. Raises Refusal with the row where it goes wrong.

    Lines `# naam: waarde` above the header are what the file says of itself. A line `sep=;`, with
    which Excel is told the separator, is obeyed, and is no row: a spreadsheet does not show it.
    """
    text = decode(content)
    separator = ""
    if found := _SEP.match(text):
        separator, text = found[1], text[found.end() :]
    about: dict[str, str] = {}
    row = 0
    while found := _ABOUT.match(text):
        row, text = row + 1, text[found.end() :]
        name, colon, value = found[1].partition(":")
        if colon:  # a spreadsheet fills such a line up with separators and quotes
            about[key(clean(name, row))] = clean(value.strip(SEPARATORS + "\"' "), row)
    table = tabulate(records(text, separator or _separator(text), row))
    table.about = about
    return table


def facts(content: bytes) -> dict[str, str]:
    """Return a file of two columns, a name and what it is, as what a file says of itself."""
    text = decode(content)
    lines = records(text, _separator(text))
    return {key(clean(cells[0], row)): clean(cells[1], row) for row, cells in lines if cells[1:]}


def decode(content: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 with a mark, or Windows-1252; else Refusal.

    What is not UTF-8 is Windows-1252, unless it also holds letters in UTF-8: then somebody pasted
    two files together, and one of both would come out wrong.
    """
    encoding = ""
    while mark := next((m for m in BOMS if content.startswith(m)), None):
        if encoding and BOMS[mark] != encoding:
            break
        encoding, content = BOMS[mark], content[len(mark) :]
    if encoding.startswith("utf-16"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            words = f"het bestand begint als UTF-16 maar is dat niet overal. {_SAVE}"
            raise Refusal(words, _row(content, error.start, 2)) from None
    if b"\0" in content:
        at = content.index(b"\0")
        raise Refusal(f"hier staan tekens die geen tekst zijn. {_SAVE}", _row(content, at))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
    if encoding or _UTF8_PAIR.search(content):
        words = f"hier staat een teken in een andere codering dan in de rest. {_SAVE}"
        raise Refusal(words, _row(content, at))
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        words = f"hier staat een teken dat in UTF-8 en in Windows-1252 niet bestaat. {_SAVE}"
        raise Refusal(words, _row(content, error.start)) from None


def _row(content: bytes, at: int, width: int = 1) -> int:
    """Return the row of a byte; characters take `width` bytes."""
    before = content[:at].replace(b"\0", b"") if width > 1 else content[:at]
    return len(re.findall(rb"\r\n|\r|\n", before)) + 1


def records(text: str, separator: str, above: int = 0) -> Iterator[Line]:
    """Yield the records of a text with their row; `above` rows stand before the first."""
    csv.field_size_limit(limits.BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    row = above
    while True:
        row += 1
        try:
            yield row, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            words = (
                "hier begint een aanhalingsteken dat niet meer dichtgaat."
                if "end of data" in str(error)
                else "hier staat een aanhalingsteken midden in een cel."
            )
            raise Refusal(f"{words} Haal het weg, of zet er twee.", row) from None


@dataclass(frozen=True)
class _Cut:
    """How a separator cuts the first rows: `widths` without the empty cells at the end."""

    separator: str
    widths: list[int]

    @property
    def first(self) -> int:
        """Return the place of the first row that is cut; rows before it would be titles."""
        return next((n for n, width in enumerate(self.widths) if width > 1), 0)

    @property
    def columns(self) -> int:
        """Return in how many cells it cuts most rows; 0 when it does not."""
        most = max(self.widths[self.first : self.first + 1], default=0)
        alike = sum(1 < width <= most for width in self.widths)
        return most if 2 * alike > len(self.widths) else 0

    def hides(self, other: "_Cut") -> bool:
        """Return whether this one takes for titles what the other cuts into more columns."""
        return other.columns > self.columns and other.first < self.first


def _separator(text: str) -> str:
    """Return the separator that makes a table of the first rows; Refusal when that is not certain.

    A comma may stand in a title or in a cell, so the earliest row that is cut decides, and a
    separator that makes more columns of it.
    """
    cuts = [cut for s in SEPARATORS if (cut := _Cut(s, _widths(text, s))).columns]
    if not cuts:
        return max(SEPARATORS, key=text[:100_000].count)
    open_ = [cut for cut in cuts if not any(cut.hides(other) for other in cuts)]
    fits = [cut for cut in open_ if _is_table(text, cut.separator)]
    if not fits:
        return max(open_, key=lambda cut: cut.columns).separator
    fits.sort(key=lambda cut: (cut.first, -cut.columns))
    one, *others = fits
    if others and (one.first, one.columns) == (others[0].first, others[0].columns):
        words = "het is niet zeker welk teken de kolommen scheidt. Zet bovenaan «sep=;»."
        raise Refusal(words, 1)
    return one.separator


def _is_table(text: str, separator: str) -> bool:
    try:
        tabulate(islice(records(text, separator), _SAMPLE))
    except Refusal:
        return False
    return True


def _widths(text: str, separator: str) -> list[int]:
    """Return the number of cells of the first rows that say anything."""
    widths = []
    try:
        for _, cells in islice(records(text, separator), _SAMPLE):
            filled = [place for place, cell in enumerate(cells, 1) if cell.strip()]
            widths += filled[-1:]
    except Refusal:  # an open quote: it is told when the file is read
        pass
    return widths
