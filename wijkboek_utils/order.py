"""In which order the notebooks of a report run, and which may run side by side."""

import ast
import contextlib
import json
from functools import cache
from pathlib import Path

_BOOKS = "grootboek"  # with what earlier notebooks wrote


def is_chapter(notebook: Path) -> bool:
    """Return whether a notebook is a chapter of the report (1x, 2x) and not a build step (0x)."""
    return notebook.stem[0] in "12"


def waves(books: list[Path]) -> list[list[Path]]:
    """Return which notebooks can run side by side, wave after wave.

    A notebook waits for those before it that write a table which it names, and for those that name
    a table which it writes. What helpers read for a chapter are the books.
    """
    found: list[list[Path]] = []
    written, used = dict[str, int](), dict[str, int]()  # by table: from which wave on it is so
    for book in books:
        names, tables = _tables(book, book.stat().st_mtime_ns)
        names = names | {_BOOKS} if is_chapter(book) else names
        waits = [written.get(name, 0) for name in names] + [used.get(name, 0) for name in tables]
        wave = max(waits, default=0)
        found += [[] for _ in range(len(found), wave + 1)]
        found[wave].append(book)
        used |= {name: max(wave + 1, used.get(name, 0)) for name in names}
        written |= dict.fromkeys(tables, wave + 1)
    return found


@cache
def _tables(book: Path, changed: int) -> tuple[set[str], set[str]]:
    """Return the texts in the code of a notebook, tables among them, and the tables it writes.

    `changed` is when its file was. A cell that is more than Python has none.
    """
    texts, tables = set[str](), set[str]()
    for cell in json.loads(book.read_text(encoding="utf-8"))["cells"]:
        with contextlib.suppress(SyntaxError):
            code = ast.parse("".join(cell["source"]) if cell["cell_type"] == "code" else "")
            for node in ast.walk(code):
                if isinstance(node, ast.Constant):
                    texts.add(str(node.value))
                elif isinstance(node, ast.Call) and "write_table" in ast.unparse(node.func):
                    tables |= {str(a.value) for a in node.args if isinstance(a, ast.Constant)}
    return texts, tables
