"""The verb `render`: reports of pilots, of areas, or of all gemeenten. No pandas is needed here."""

import argparse
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from wijkboek_utils import folders
from wijkboek_utils.asked import FORKED, Asked, Limits, Outcome, check_engine
from wijkboek_utils.errors import Fout

EXAMPLES = """\
voorbeelden:
  wijkboek render                          het rapport van Kanaleneiland (Utrecht)
  wijkboek render arnhem-spijkerkwartier   een pilot uit de map pilots/
  wijkboek render GM0344 WK020202          een gemeente en een wijk, met hun CBS-code
  wijkboek render --all                    alle pilots
  wijkboek render --gemeente all           alle gemeenten waarvan er cijfers zijn
  wijkboek render -p sleutelset=inwoners   met een andere verdeling
  wijkboek render --all --why              en zeg waarom een rapport opnieuw moet
"""
ALL = "all"
_SHOWN = 20  # rows of the table at the end


def add(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the verb to the command; `verb` makes one, with its help."""
    part = verb(
        verbs,
        "render",
        "maak het rapport van een of meer pilots",
        "Draai de notebooks en maak per pilot reports/<pilot>/index.html. Wat niet is veranderd, "
        "blijft staan.",
        EXAMPLES,
    )
    words = "naam uit pilots/, of CBS-code van een gebied"
    part.add_argument("pilots", nargs="*", metavar="PILOT", help=words)
    part.add_argument("--all", action="store_true", help="alle pilots uit de map pilots/")
    words = "code van een gemeente, of all voor alle gemeenten waarvan er cijfers zijn"
    part.add_argument("--gemeente", action="append", default=[], metavar="CODE", help=words)
    words = "parameter van de notebooks, zoals jaar=2023"
    part.add_argument(
        "-p", dest="parameters", action="append", default=[], metavar="NAAM=WAARDE", help=words
    )
    words = "alleen cijfers die op deze dag al waren opgehaald"
    part.add_argument("--stand", metavar="DATUM", help=words)
    part.add_argument("--pdf", action="store_true", help="maak ook rapport.pdf (met Chromium)")
    part.add_argument("--why", action="store_true", help="zeg wat er is veranderd")
    words = "maak alles opnieuw, ook wat niet is veranderd"
    part.add_argument("--force", action="store_true", help=words)
    words = "hoeveel rapporten tegelijk (anders: een per processorkern)"
    part.add_argument("--jobs", type=count("--jobs"), metavar="AANTAL", help=words)
    words = "wie de notebooks draait: wijkboek (snel) of papermill"
    part.add_argument("--engine", default=FORKED, metavar="NAAM", help=words)
    words = "hoeveel een notebook ten hoogste mag duren (anders 1800)"
    part.add_argument("--timeout", type=count("--timeout"), metavar="SECONDEN", help=words)
    words = "hoeveel geheugen een notebook erbij mag nemen (anders 4000)"
    part.add_argument("--memory", type=count("--memory"), metavar="MB", help=words)
    words = "adres van een Dask-scheduler, zoals tcp://10.0.0.1:8786"
    part.add_argument("--scheduler", metavar="ADRES", help=words)
    words = "map of opslag die alle workers kunnen lezen en schrijven, zoals s3://wijkboek"
    part.add_argument("--store", metavar="ADRES", help=words)


def count(option: str) -> Callable[[str], int]:
    """Return the reader of an option that is a whole number above 0."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[1-9]\d{0,6}", text):
            raise Fout(f"Na {option} hoort een getal boven 0; u gaf {text!r}.")
        return int(text)

    return read


def render(options: argparse.Namespace) -> int:
    """Make the reports that are asked and not fresh; return 1 when one may not be published."""
    wanted, typed = _wanted(options)
    place = options.scheduler, options.store
    return make(wanted, options.force, options.why, options.jobs, place, typed)


def make(
    wanted: list[Asked],
    force: bool = False,
    why: bool = False,
    jobs: int | None = None,
    place: tuple[str | None, str | None] = (None, None),
    typed: Collection[str] = (),
) -> int:
    """Make the reports of `wanted` that are not fresh; `force` makes all, `why` says why.

    All are asked in the same way. `place` is the address of a Dask scheduler and of a store, of
    `jobs` as many are made at once. Returns 1 when one may not be published. Raises Fout, before
    anything is made, when one of `typed` cannot be made, or none of all.
    """
    start = time.monotonic()
    from wijkboek_utils import batch, inputs

    how = wanted[0]
    known, todo = batch.divide(wanted, force)
    if why:
        for one, reasons in todo:
            print(f"{one.name}: {_listed(reasons)}", flush=True)
    made: list[Outcome] = []
    if todo:
        if how.pdf:
            from wijkboek_utils import browser

            browser.executable()  # say what is missing before the work, not after it
        names = [one.name for one, _ in todo]
        with batch.workshop(names, how.engine, *place) as workshop:
            wrong = workshop.check(names, how.parameters)
            _refuse(wrong, typed, len(wanted))
            made += [Outcome(name, [words], 0, finished=False) for name, words in wrong.items()]
            able = [one for one, _ in todo if one.name not in wrong]
            with _Watcher(len(able), len(wanted) > 1) as watcher:
                for name, words in wrong.items():
                    watcher.say(f"{name}: wordt niet gemaakt. {words}")
                for outcome in workshop.make(able, watcher, jobs):
                    watcher.done(outcome)
                    made.append(outcome)
            workshop.index()
    elif not inputs.listed():
        batch.Here().index()
    return _end(known, made, time.monotonic() - start)


def _refuse(wrong: dict[str, str], typed: Collection[str], count: int) -> None:
    """Raise Fout when a pilot that was typed cannot be made, or none of `count`.

    `wrong` says why. Of a whole country some may lack what is asked; the others go on.
    """
    own = [words for name, words in wrong.items() if name in typed]
    if own or len(wrong) == count:
        raise Fout([*own, *wrong.values()][0])


def _wanted(options: argparse.Namespace) -> tuple[list[Asked], set[str]]:
    """Return what is asked, each pilot or area once with how to make it; and which were typed."""
    check_engine(options.engine)
    if options.store and not options.scheduler:
        raise Fout("--store hoort bij --scheduler: de opslag is voor andere computers.")
    if options.jobs and options.scheduler:
        raise Fout("--jobs is voor deze computer. Met --scheduler bepalen de workers hoeveel.")
    stand = day(options.stand, "--stand")
    os.environ[folders.AS_OF] = stand  # before anything reads data/raw, here or elsewhere
    limits = Limits(
        notebook=options.timeout or Limits.notebook,
        memory=options.memory * 1_000_000 if options.memory else Limits.memory,
    )
    limits = replace(limits, cell=min(limits.cell, limits.notebook))
    one = Asked("", _pairs(options.parameters), options.pdf, stand, options.engine, limits)
    codes = [code for code in options.gemeente if code.lower() != ALL]
    typed = [_name(name) for name in [*options.pilots, *codes]]
    names = typed + (folders.pilots(folders.PILOTS) if options.all else [])
    names += _gemeenten() if len(codes) < len(options.gemeente) else []
    asked = options.all or options.pilots or options.gemeente
    names = names if asked else [folders.DEFAULT]
    return [replace(one, name=name) for name in dict.fromkeys(names)], set(typed)


def _name(text: str) -> str:
    """Return a pilot as its file is called, or a code as CBS writes it."""
    name = text.strip()
    is_code = re.match(r"(?i)(GM|WK|BU)\d", name) and name not in folders.pilots(folders.PILOTS)
    return name.upper() if is_code else name


def _gemeenten() -> list[str]:
    """Return the gemeenten of which there are figures."""
    from wijkboek_utils import inputs

    found = {
        code
        for _, series, covers, _, _ in inputs.raw(inputs.Hashes.load())
        if series == "kwb"
        for code in covers
        if code.startswith("GM")
    }
    if not found:
        raise Fout("Er staan geen cijfers in data/raw. Haal ze op met: wijkboek fetch NL")
    return sorted(found)


def _pairs(texts: list[str]) -> dict[str, str]:
    """Return `["jaar=2024"]` as a dict, or say what a parameter looks like."""
    pairs = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise Fout(f"Schrijf een parameter als naam=waarde, zoals jaar=2023; u gaf {text!r}.")
        pairs[name.strip()] = value.strip()
    return pairs


def day(text: str | None, option: str) -> str:
    """Return a date that the user gave, or say how to write one."""
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise Fout(f"Schrijf de datum bij {option} als 2026-01-31; u gaf {text!r}.") from None


def _listed(reasons: list[str], most: int = 5) -> str:
    """Return some reasons in one line."""
    more = f"; en nog {len(reasons) - most}" if len(reasons) > most else ""
    return "; ".join(reasons[:most]) + more


class _Watcher:
    """Tells how far it is: a bar with an estimate in a terminal, else lines for a log."""

    def __init__(self, count: int, several: bool) -> None:
        self._count, self._several = count, several
        self._done, self._start = 0, time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> "_Watcher":
        if sys.stdout.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=self._count,
                unit="rapport",
                bar_format="{desc} {bar} {n:.1f}/{total} [{elapsed}, nog {remaining}]",
                dynamic_ncols=True,
                file=sys.stdout,
            )
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def step(self, name: str, number: int, count: int, notebook: str) -> None:
        """Tell that a notebook of a pilot starts."""
        if self._bar is not None:
            self._bar.set_description_str(f"{name} {notebook}", refresh=False)
            self._bar.update(1 / (count + 1) if number else 0)
        elif not self._several and number < count:
            print(f"{name}: {number + 1}/{count} {notebook}", flush=True)

    def say(self, words: str) -> None:
        """Tell what concerns all of the batch."""
        say = partial(print, file=sys.stderr, flush=True) if self._bar is None else self._bar.write
        say(f"wijkboek: {words}")

    def done(self, outcome: Outcome) -> None:
        """Tell what came of a pilot."""
        self._done += 1
        line = f"{outcome.name}: {_place(outcome.name)} ({_seconds(outcome.seconds)})"
        if self._several and self._bar is None:
            left = (time.monotonic() - self._start) / self._done * (self._count - self._done)
            line = f"{self._done}/{self._count} {line}, nog {_time(left)}"
        say = print if self._bar is None else self._bar.write
        say(line)
        for fault in outcome.faults:
            print(f"{outcome.name}: nog niet te publiceren: {fault}", file=sys.stderr)
        sys.stdout.flush()


def _place(name: str) -> str:
    """Return the page of a report as the user types it, from the root of the project."""
    return str((folders.REPORTS / name / "index.html").relative_to(folders.ROOT))


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s".replace(".", ",")


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _end(known: list[tuple[str, list[str]]], made: list[Outcome], seconds: float) -> int:
    """Tell what came of all together, and return the exit code."""
    for name, faults in known:
        print(f"{name}: {_place(name)} (niet veranderd)")
        for fault in faults:
            print(f"{name}: nog niet te publiceren: {fault}", file=sys.stderr)
    if len(known) + len(made) > 1:
        print(_summary(known, made, seconds))
    wrong = [name for name, faults in known if faults] + [o.name for o in made if o.faults]
    if wrong:
        print(f"wijkboek: niet klaar om te publiceren: {_listed(wrong, _SHOWN)}", file=sys.stderr)
    return 1 if wrong else 0


def _summary(known: list[tuple[str, list[str]]], made: list[Outcome], seconds: float) -> str:
    """Return a table of how many reports came to what."""
    counts = Counter(
        "niet gemaakt"
        if not outcome.finished
        else "nog niet te publiceren"
        if outcome.faults
        else "klaar om te publiceren"
        for outcome in made
    )
    counts["niet veranderd"] = len(known)
    rows = [f"  {words:24}{count:>6}" for words, count in counts.most_common() if count]
    finished = sum(outcome.finished for outcome in made)
    each = f", {_seconds(seconds / finished)} per gemaakt rapport" if finished else ""
    return "\n".join([*rows, f"  samen {len(known) + len(made)} in {_time(seconds)}{each}"])
