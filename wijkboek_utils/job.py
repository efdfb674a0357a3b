"""The report of one pilot from its raw figures: all notebooks, then the page and its files.

It runs in a process of its own, forked from one in which everything is loaded, and tells how far it
is over a socket, a line of JSON at a time.
"""

import gc
import itertools
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from wijkboek_utils import folders, forks, inputs, order, report, run, sources, warm
from wijkboek_utils import index as reports
from wijkboek_utils.asked import Asked, Outcome
from wijkboek_utils.bundle import Inputs
from wijkboek_utils.errors import Fout, refused
from wijkboek_utils.report import Part
from wijkboek_utils.run import Failure, Job

Tell = Callable[[int, int, str], None]  # the number of a step, of how many, and its name
_OBJECTS = 1_000_000  # made before Python looks which can go; those of a page are many, and stay


def check(names: list[str], parameters: dict[str, str]) -> dict[str, str]:
    """Return which pilots cannot be made, with why in words; nothing is made.

    Raises Fout for a parameter that cannot be, of whatever pilot.
    """
    found = run.values(parameters, folders.notebooks())
    wrong = {}
    for name in names:
        try:
            run.job(name, found)
        except (Fout, OSError) as error:
            wrong[name] = _words(error, "een bestand")
    return wrong


def checked(link: socket.socket, how: dict[str, Any]) -> None:
    """Tell over `link` what `check` finds wrong: as `fout`, and of pilots as `found`."""
    found: dict[str, str] = {}
    _answer(link, lambda: found.update(check(**how)), found)


def index(link: socket.socket, how: dict[str, Any]) -> None:
    """Write the list of all reports, and tell so."""
    _answer(link, partial(reports.write, sources.REPORTS))


def failed(link: socket.socket, how: dict[str, Any]) -> None:
    """Write the page of a report whose process died; `how` has `asked`, `words` and `hint`."""
    asked = Asked.of(how["asked"])
    _answer(link, lambda: give_up(asked, how["words"], how["hint"]))


def _answer(
    link: socket.socket, call: Callable[[], object], found: dict[str, str] | None = None
) -> None:
    """Tell what was wrong when a call was made, and what it found."""
    fout = ""
    try:
        call()
    except (Fout, OSError) as error:
        fout = _words(error, "een bestand")
    _say(link, {"fout": fout, "found": found})


def _words(error: Fout | OSError, what: str) -> str:
    return str(error) if isinstance(error, Fout) else refused(error, error.filename or what)


def serve(link: socket.socket, how: dict[str, Any]) -> None:
    """Make a report and tell over `link`: a `step` before each notebook, at the end `outcome`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asked, who then ends us
    gc.set_threshold(_OBJECTS)
    outcome = attempt(Asked.of(how), lambda *step: _say(link, {"step": step}))
    _say(link, {"outcome": asdict(outcome)})


def _say(link: socket.socket, message: dict[str, Any]) -> None:
    link.sendall(json.dumps(message).encode() + b"\n")


def attempt(wanted: Asked, tell: Tell) -> Outcome:
    """Make a report as `make` does; what goes wrong around its notebooks has a page as well."""
    try:
        return make(wanted, tell)
    except (Fout, OSError) as error:  # such as a disk that is full
        return give_up(wanted, _words(error, "het rapport"))


def give_up(wanted: Asked, words: str, hint: str = "") -> Outcome:
    """Put a page that says why there is no report where an old one may stand; return that."""
    try:
        job = run.plan(wanted.name, wanted.parameters, folders.notebooks())
        report.fail(job, Failure("", "?", "", "", words, hint=hint))
    except (Fout, OSError):  # no room for that page either
        words += " Een ouder rapport kan er nog staan."
    return Outcome(wanted.name, [words], 0, finished=False)


def make(wanted: Asked, tell: Tell = lambda *step: None) -> Outcome:
    """Make the report of a pilot and return what came of it; an error of ours is a fault too.

    While another command makes the same report, it waits.
    """
    books = folders.notebooks()
    os.environ[folders.AS_OF] = wanted.stand
    os.environ["WIJKBOEK_ROOT"] = str(sources.ROOT)  # for notebooks in whatever process
    job = run.plan(wanted.name, wanted.parameters, books)
    with _alone(job.pilot.slug, lambda: tell(0, len(books), "wacht op een andere opdracht")):
        return _made(job, books, wanted, tell)


@contextmanager
def _alone(slug: str, wait: Callable[[], None]) -> Iterator[None]:
    """Hold a report, after telling `wait` when another process has it.

    Two at once would each take away what the other made. The system lets go of the lock when the
    process ends, however that ends.
    """
    lock = FileLock(sources.PROCESSED / ".sloten" / slug)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        wait()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _made(job: Job, books: list[Path], wanted: Asked, tell: Tell) -> Outcome:
    start = time.monotonic()
    # What an earlier run left could pass for what this one made.
    shutil.rmtree(sources.PROCESSED / job.pilot.slug, ignore_errors=True)
    hashes = inputs.Hashes.load()
    facts = job.pilot.slug, job.pilot.gemeenten
    before = inputs.of(*facts, wanted.parameters, wanted.pdf, hashes)
    hashes.save()  # the next report of a batch has the same sources
    made_of = Inputs(*facts, before)
    warm.pilot(job)
    parts = sorted(_parts(job, books, wanted, tell), key=lambda one: books.index(one.path))
    tell(len(books), len(books), "rapport")
    how = wanted.printed, wanted.together
    faults = report.assemble(job, parts, made_of, *how)
    failure = next((one.failure for one in parts if one.failure), None)
    outcome = Outcome(
        name=job.pilot.slug,
        faults=faults,
        seconds=time.monotonic() - start,
        finished=failure is None,
        again=failure is not None and failure.again,
    )
    if outcome.finished:
        inputs.stamp(*facts, before, faults)
    return outcome


def _parts(job: Job, books: list[Path], wanted: Asked, tell: Tell) -> Iterator[Part]:
    """Yield what the report takes from each notebook as it comes; stop after one that fails."""
    begun = itertools.count()

    def part(book: Path) -> Part:
        how = wanted.engine, wanted.limits, forks.here
        return report.part(job, run.execute(book, job.parameters, *how))

    def calls(some: list[Path]) -> Iterator[Callable[[], Part]]:
        for book in some:
            tell(next(begun), len(books), book.stem)
            yield partial(part, book)

    for wave in order.waves(books):
        (warm.chapters if any(map(order.is_chapter, wave)) else warm.built)(job)
        for one in forks.side_by_side(calls(wave), min(wanted.together, len(wave))):
            yield one
            if one.failure:
                return
