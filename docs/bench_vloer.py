"""The floor under a report: a plain script that only computes and fills the template.

    python -m docs.bench_vloer GM0344 GM0202

All cells of all notebooks run one after the other in this one process, with plain `exec`: no
kernel, no process of their own, no nbconvert, no files beside the page, no gate. What a notebook
does not have to compute again, it does not. Prints wall and CPU seconds of each report.
"""

import ast
import contextlib
import io
import json
import sys
import time
from collections.abc import Iterator

from IPython.core.formatters import DisplayFormatter

from wijkboek_utils import folders, order, pages, run, sources, warm
from wijkboek_utils.chapters import Chapter


def results(source: str, names: dict[str, object], show: DisplayFormatter) -> Iterator[str]:
    """Run a cell; yield the HTML of its last expression and what it printed."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cel", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "cel", "eval"), names)  # type: ignore[attr-defined]
            if value is not None:
                yield show.format(value)[0].get("text/html", str(value))
    if printed.getvalue():
        yield f"<pre>{printed.getvalue()}</pre>"


def chapter(book: str, parameters: dict[str, object]) -> Chapter:
    """Return what a notebook shows."""
    path = sources.NOTEBOOKS / f"{book}.ipynb"
    names: dict[str, object] = {"__name__": "__main__"}
    shown, show = [], DisplayFormatter()
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            shown += results(source, names, show)
            if "parameters" in cell["metadata"].get("tags", []):
                names |= parameters
        else:
            shown.append(f"<p>{source}</p>")
    return Chapter(book, book, "\n".join(shown), [])


def report(pilot: str) -> None:
    """Compute the books of a pilot and write one page."""
    books = folders.notebooks()
    job = run.plan(pilot, {}, books)
    parts = [chapter(book.stem, job.parameters) for book in books]
    shown = [part for part, book in zip(parts, books, strict=True) if order.is_chapter(book)]
    html = (
        pages.templates()
        .get_template("page.html.j2")
        .render(
            pilot=job.pilot,
            chapters=shown,
            faults=[],
            audit=[],
            style=pages.style(job.pilot.huiskleuren),
            credits=[],
            downloads=[],
            glossary=[],
        )
    )
    folder = sources.REPORTS / job.pilot.slug
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(html, encoding="utf-8")


def main() -> None:
    """Make the reports that are named; print the seconds of each as JSON."""
    warm.country()
    found = []
    for pilot in sys.argv[1:]:
        wall, cpu = time.perf_counter(), time.process_time()
        report(pilot)
        found.append([time.perf_counter() - wall, time.process_time() - cpu])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
