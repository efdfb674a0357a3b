"""Two versions of a file compared, in words that name the place: row and column, step, line."""

import difflib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wijkboek_utils import bundle, compare_cells
from wijkboek_utils.compare_cells import cut, fragment
from wijkboek_utils.dutch import plural

_MARKS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.S)
_MOST = 3  # differences of one file that are told


@dataclass(frozen=True)
class Difference:
    """A file that is different. `close`: it says the same, or the same to the cent."""

    name: str
    count: str
    words: list[str] = field(default_factory=list)
    close: bool = False


def folders(then: Path, now: Path) -> list[Difference]:
    """Return which files are different between a report and the same one made again."""
    old, new = ({name: path / name for name in bundle.sums(path)} for path in (then, now))
    euros = amounts(then / "audit" / "csv-metadata.json")
    found = []
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            found.append(Difference(name, "komt er niet meer uit"))
        elif name not in old:
            found.append(Difference(name, "staat niet in het rapport"))
        else:
            before, after = old[name].read_bytes(), new[name].read_bytes()
            if before != after:
                found.append(contents(name, before, after, euros.get(Path(name).name, ())))
    return found


def amounts(path: Path) -> dict[str, set[str]]:
    """Return of each CSV file the columns in euros, as its description (CSVW) says."""
    try:
        described = json.loads(path.read_text(encoding="utf-8"))["tables"]
        return {
            str(table["url"]): {
                column["name"]
                for column in table["tableSchema"]["columns"]
                if column.get("schema:unitText", "").lower().startswith(("eur", "€"))
            }
            for table in described
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def contents(name: str, then: bytes, now: bytes, euros: Collection[str] = ()) -> Difference:
    """Return how a file is different, as its kind allows."""
    kind = Path(name).suffix
    if kind == ".csv":
        diff = compare_cells.tables(then, now, euros, _MOST)
        if diff:
            return Difference(name, diff.count(), diff.words, diff.close)
        return Difference(name, "dezelfde cellen, anders geschreven", close=True)
    if kind in (".xlsx", ".zip"):
        return _packed(name, then, now)
    if kind == ".html" and _said(then) == _said(now):
        return Difference(name, "dezelfde tekst, andere opmaak", list(_lines(then, now))[:1], True)
    words = list(_notebook(then, now) if kind == ".ipynb" else _lines(then, now))
    if not words:
        return Difference(name, "dezelfde stappen en uitkomsten, een andere kop", close=True)
    return Difference(name, plural(len(words), "verschil", "verschillen"), words[:_MOST])


def _said(page: bytes) -> str:
    """Return what a page says, without how it looks."""
    text = _MARKS.sub(" ", page.decode("utf-8", "replace"))
    return " ".join(text.split())


def _packed(name: str, then: bytes, now: bytes) -> Difference:
    """Compare two zip files, or workbooks, by what is in them."""
    old, new = bundle.unpacked(then), bundle.unpacked(now)
    other = sorted(part for part in old.keys() | new.keys() if old.get(part) != new.get(part))
    if not other:
        return Difference(name, "dezelfde inhoud, anders ingepakt", close=True)
    words = [f"onderdeel {part}" for part in other[:_MOST]]
    return Difference(name, f"{len(other)} van {len(new)} onderdelen anders", words)


def _notebook(then: bytes, now: bytes) -> Iterator[str]:
    """Yield which steps of a notebook are different."""
    old, new = _cells(then), _cells(now)
    for id in dict.fromkeys([*old, *new]):
        before, after = old.get(id), new.get(id)
        if before is None or after is None:
            yield f"stap {id} is {'nieuw' if before is None else 'weg'}"
            continue
        for part, words in (("source", "tekst of code"), ("outputs", "uitkomst")):
            if before.get(part) != after.get(part):
                a, b = (_text(cell.get(part)) for cell in (before, after))
                yield f"stap {id}, {words}: {fragment(a, b)}"


def _cells(content: bytes) -> dict[str, dict[str, Any]]:
    try:
        cells = json.loads(content)["cells"]
        return {str(cell.get("id", n)): cell for n, cell in enumerate(cells)}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}


def _text(part: Any) -> str:
    if isinstance(part, list) and all(isinstance(line, str) for line in part):
        return "".join(part)
    return part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)


def _lines(then: bytes, now: bytes) -> Iterator[str]:
    """Yield which lines of a text are different, by their number in the old one."""
    old, new = (text.decode("utf-8", "replace").splitlines() for text in (then, now))
    if len(old) == len(new):  # no need to look for what moved, which is slow in a long text
        for number, (a, b) in enumerate(zip(old, new, strict=True), 1):
            if a != b:
                yield f"regel {number}: {fragment(a, b)}"
        return
    for tag, i, k, j, m in _moved(old, new):
        a, b = " ".join(old[i:k]), " ".join(new[j:m])
        if tag == "replace":
            yield f"regel {i + 1}: {fragment(a, b)}"
        else:
            what = a if tag == "delete" else b
            yield f"regel {i + 1}: {'weg' if tag == 'delete' else 'nieuw'} is «{cut(what)}»"


def _moved(old: list[str], new: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """Yield the changes between two texts, without what both begin and end with."""
    head = next(
        (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b),
        min(len(old), len(new)),
    )
    most = min(len(old), len(new)) - head
    tail = 0
    while tail < most and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    for tag, i, k, j, m in difflib.SequenceMatcher(None, a, b, autojunk=True).get_opcodes():
        if tag != "equal":
            yield tag, i + head, k + head, j + head, m + head
