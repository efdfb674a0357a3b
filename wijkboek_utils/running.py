"""A report that is being made in a process of its own, as who asked for it hears of it."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from wijkboek_utils.asked import Asked, Outcome
from wijkboek_utils.forks import Forked

_MEMORY = "Vaak is het geheugen op. Probeer het opnieuw, met minder rapporten tegelijk (--jobs 1)."


class Watcher(Protocol):
    """Who is told how far a batch is."""

    def step(self, name: str, number: int, count: int, notebook: str) -> None:
        """Hear that a notebook of a pilot starts."""

    def say(self, words: str) -> None:
        """Hear what concerns all of the batch."""


class Running:
    """A report that is being made."""

    def __init__(self, asked: Asked, process: Forked) -> None:
        """Hold the process that makes it."""
        self.asked, self.process = asked, process
        self._start = time.monotonic()
        self._buffer = b""
        self._outcome: Outcome | None = None

    def hear(self, watcher: Watcher | None = None) -> bool:
        """Take what it tells, waiting for that; return False when it tells no more."""
        try:
            got = self.process.link.recv(1 << 16)
        except ConnectionResetError:
            got = b""
        *lines, self._buffer = (self._buffer + got).split(b"\n")
        for line in lines:
            told: dict[str, Any] = json.loads(line)
            if "outcome" in told:
                self._outcome = Outcome(**told["outcome"])
            elif watcher:
                watcher.step(self.asked.name, *told["step"])
        return bool(got)

    def outcome(self) -> Outcome:
        """Return what came of it; of one that died without a word, that."""
        code = self.process.poll(wait=True)
        self.process.end()
        if self._outcome:
            return self._outcome
        words = f"het maken van het rapport is onverwacht gestopt (code {code})"
        seconds = time.monotonic() - self._start
        return _died(self.asked, words, seconds)


def not_begun(asked: Asked) -> Outcome:
    """Return what came of a report for which no process could be started, now."""
    words = "er was geen proces te starten"
    return _died(asked, words)


def _died(asked: Asked, words: str, seconds: float = 0) -> Outcome:
    return Outcome(
        asked.name, [words], seconds, finished=False, again=True, died=True, hint=_MEMORY
    )


Round = Callable[[list[Asked], bool], Iterator[tuple[Asked, Outcome]]]


def in_two_rounds(
    wanted: list[Asked], make: Round, give_up: Callable[[Asked, Outcome], object]
) -> Iterator[Outcome]:
    """Yield what came of each; what may go well a second time is made once more after all others.

    `make` makes some reports, and is told whether it is the last time. `give_up` puts a page where
    there is none, for no old report may pass for what was asked.
    """
    again: list[Asked] = []
    for todo, last in ((wanted, False), (again, True)):
        for one, outcome in make(todo, last):
            if outcome.again and not last:
                again.append(one)
                continue
            if outcome.died:
                give_up(one, outcome)
            yield outcome
