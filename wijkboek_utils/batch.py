"""Many reports: which must be made, several at once, each in a process of its own.

One that fails never stops the others. What died may be tried once more, alone; what failed by
itself would fail again.
"""

import collections
import contextlib
import json
import selectors
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from typing import Any, Protocol

from wijkboek_utils import folders, inputs
from wijkboek_utils.asked import STOCK, Asked, Outcome
from wijkboek_utils.errors import Fout
from wijkboek_utils.forks import CAN_FORK, Home, cores
from wijkboek_utils.running import Running, Watcher, in_two_rounds, not_begun

_JOB = "wijkboek_utils.job"  # the module of what a report is made by


class Workshop(Protocol):
    """Where reports are made."""

    def check(self, names: list[str], parameters: dict[str, str]) -> dict[str, str]:
        """Return which pilots cannot be made, with why in words; nothing is made yet.

        Raises Fout for a parameter that cannot be.
        """

    def make(self, wanted: list[Asked], watcher: Watcher, jobs: int | None) -> Iterator[Outcome]:
        """Make reports, `jobs` at once; yield what came of each as it is done."""

    def index(self) -> None:
        """Write the list of all reports."""


def divide(
    wanted: list[Asked], force: bool = False
) -> tuple[list[tuple[str, list[str]]], list[tuple[Asked, list[str]]]]:
    """Return which reports are as they would be if made now, and which are not.

    Of the first the faults that keep them from being published, of the others what has changed.
    """
    if force:
        return [], [(one, ["gevraagd met --force"]) for one in wanted]
    hashes = inputs.Hashes.load()
    fresh, rest = [], []
    for one in wanted:
        found = inputs.state(one.name, one.parameters, one.pdf, hashes)
        if found.changes:
            rest.append((one, found.changes))
        else:
            fresh.append((one.name, found.faults))
    hashes.save()
    return fresh, rest


def workshop(
    names: list[str], engine: str, scheduler: str | None = None, store: str | None = None
) -> AbstractContextManager[Workshop]:
    """Return where to make reports: on a cluster, in warm processes, or right here."""
    if scheduler:
        from wijkboek_utils.cluster import Cluster

        return Cluster(scheduler, store)
    return Forks(names) if CAN_FORK and engine != STOCK else contextlib.nullcontext(Here())


class Here:
    """Makes reports in this process, one after the other, for where nothing can be forked."""

    def check(self, names: list[str], parameters: dict[str, str]) -> dict[str, str]:
        """Return which pilots cannot be made, and why."""
        from wijkboek_utils import job

        return job.check(names, parameters)

    def make(self, wanted: list[Asked], watcher: Watcher, jobs: int | None) -> Iterator[Outcome]:
        """Make reports; yield what came of each."""
        from wijkboek_utils import job

        inputs.load()
        for one in wanted:
            yield job.attempt(
                replace(one, engine=STOCK),
                lambda *step, name=one.name: watcher.step(name, *step),
            )

    def index(self) -> None:
        """Write the list of all reports."""
        from wijkboek_utils import index, sources

        index.write(sources.REPORTS)


class Forks:
    """Makes reports in processes forked from one that has everything loaded."""

    def __init__(
        self, names: Sequence[str] = (), warm: str = "wijkboek_utils.warm:country", job: str = _JOB
    ) -> None:
        """Start that process, which calls `warm` while the caller goes on; `job` makes a report.

        `names` are what will be asked.
        """
        first = names[:2]  # enough to know whether there are more
        self._home, self._job = Home(warm, *first, cwd=str(folders.ROOT)), job

    def check(self, names: list[str], parameters: dict[str, str]) -> dict[str, str]:
        """Return which pilots cannot be made, and why."""
        asked = {"names": names, "parameters": parameters}
        found: dict[str, str] = self._ask(f"{self._job}:checked", asked)
        return found

    def index(self) -> None:
        """Write the list of all reports."""
        self._ask(f"{self._job}:index", {})

    def make(self, wanted: list[Asked], watcher: Watcher, jobs: int | None) -> Iterator[Outcome]:
        """Make reports; one that died is made once more when the others are done."""
        jobs = jobs or cores()
        # At the end fewer are left than may be made at once: the last uses all that are free.
        ends = range(len(wanted), 0, -1)
        wanted = [
            replace(one, together=max(1, jobs // n)) for one, n in zip(wanted, ends, strict=True)
        ]

        def some(todo: list[Asked], last: bool) -> Iterator[tuple[Asked, Outcome]]:
            # The last time alone: it may have been short of what the others took.
            return self._at_once(todo, 1 if last else jobs, watcher)

        def give_up(one: Asked, outcome: Outcome) -> None:
            how = {"asked": asdict(one), "words": outcome.faults[0], "hint": outcome.hint}
            self._ask(f"{self._job}:failed", how)

        yield from in_two_rounds(wanted, some, give_up)

    def _ask(self, do: str, how: dict[str, Any]) -> Any:
        """Return what a process found that did something. Raises Fout with what was wrong."""
        answer = b""
        with contextlib.suppress(RuntimeError, ConnectionResetError):
            asked = self._home.fork(do, how)
            answer = b"".join(iter(lambda: asked.link.recv(1 << 16), b""))
            asked.end()
        if not answer:
            raise Fout("Een hulpproces is onverwacht gestopt. Probeer het opnieuw.")
        said = json.loads(answer)
        if said["fout"]:
            raise Fout(said["fout"])
        return said["found"]

    def _at_once(
        self, wanted: list[Asked], jobs: int, watcher: Watcher
    ) -> Iterator[tuple[Asked, Outcome]]:
        """Yield each with what came of it, in the order in which they are done."""
        waiting = collections.deque(wanted)
        running: dict[int, Running] = {}
        with selectors.DefaultSelector() as selector:
            while waiting or running:
                while waiting and len(running) < jobs:
                    one = waiting.popleft()
                    try:
                        process = self._home.fork(f"{self._job}:serve", asdict(one))
                    except RuntimeError:
                        yield one, not_begun(one)
                        continue
                    running[process.pid] = Running(one, process)
                    selector.register(process.link, selectors.EVENT_READ, running[process.pid])
                for key, _ in selector.select():
                    found: Running = key.data
                    if not found.hear(watcher):
                        selector.unregister(found.process.link)
                        del running[found.process.pid]
                        yield found.asked, found.outcome()

    def __enter__(self) -> "Forks":
        """Return the workshop itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Stop all that still runs, also after an error or Ctrl-C."""
        self._home.close()
