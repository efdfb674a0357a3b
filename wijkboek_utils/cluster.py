"""The same batch on more computers, with Dask: each worker makes reports as we do here.

Where the workers see the project's folder (one file system, as on most clusters) they work in it;
elsewhere the project goes to a store and the reports come back from it.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from wijkboek_utils import depot, folders, inputs
from wijkboek_utils.asked import Asked, Outcome
from wijkboek_utils.depot import Depot
from wijkboek_utils.errors import Fout, refused
from wijkboek_utils.running import Watcher, in_two_rounds

_ANSWER = 10  # seconds for a scheduler to answer
_LOOK, _TICK = 5, 0.1  # seconds between looks whether there are workers, and whether one is done
_REST = "De rapporten die klaar zijn, staan er; dezelfde opdracht maakt de rest."


class Cluster:
    """Makes reports on the workers of a Dask scheduler. Use as a context."""

    def __init__(self, scheduler: str, store: str | None = None) -> None:
        """Find the scheduler. Raises Fout when there is none, or without the library."""
        try:
            from distributed import Client
        except ImportError:
            words = "Voor --scheduler is Dask nodig: uv pip install -e '.[cluster]'"
            raise Fout(words) from None
        try:
            self._client: Any = Client(scheduler, timeout=_ANSWER, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise Fout(f"Bij {scheduler} antwoordt geen Dask-scheduler: {error}") from error
        for name in ("distributed", "distributed.client"):  # what goes wrong, we say
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._address = scheduler
        self._store = depot.absolute(store) if store else ""
        self._depot = Depot(self._store) if store else None

    def check(self, names: list[str], parameters: dict[str, str]) -> dict[str, str]:
        """Return which pilots cannot be made, and why."""
        from wijkboek_utils import job

        return job.check(names, parameters)

    def make(self, wanted: list[Asked], watcher: Watcher, jobs: int | None) -> Iterator[Outcome]:
        """Make reports; one whose worker is lost is made by another worker.

        Raises Fout when the scheduler is lost: what is made by then stays.
        """
        from wijkboek_utils import job

        project = self._send()

        def some(todo: list[Asked], last: bool) -> Iterator[tuple[Asked, Outcome]]:
            return self._at_once(todo, project, watcher)

        def give_up(one: Asked, outcome: Outcome) -> None:
            job.give_up(one, outcome.faults[0], outcome.hint)

        yield from in_two_rounds(wanted, some, give_up)

    def _at_once(
        self, wanted: list[Asked], project: dict[str, str], watcher: Watcher
    ) -> Iterator[tuple[Asked, Outcome]]:
        """Yield each with what came of it, in the order in which they are done."""
        from distributed import as_completed

        from wijkboek_utils import worker

        common = {"root": str(folders.ROOT), "store": self._store, "project": project}
        found = {
            self._client.submit(
                worker.make, asdict(one), **common, code=inputs.code(), pure=False
            ): one
            for one in wanted
        }
        ready = as_completed([*found], loop=self._client.loop)
        look, alone = 0.0, False
        while not ready.is_empty():
            if ready.has_ready():
                future = next(ready)
                yield found[future], self._outcome(found[future], future, project)
                continue
            if time.monotonic() > look:
                before, alone = alone, self._has_no_workers()
                if alone and not before:
                    watcher.say(
                        f"Bij {self._address} zijn geen workers; de opdracht wacht. "
                        f"Start er een met: dask worker {self._address} --nthreads 1"
                    )
                look = time.monotonic() + _LOOK
            time.sleep(_TICK)

    def _outcome(self, one: Asked, future: Any, project: dict[str, str]) -> Outcome:
        """Return what came of a report, after taking what a worker made of it from the store.

        Raises Fout when the scheduler or the store is lost: nothing that follows could be made.
        """
        from distributed.client import FutureCancelledError

        from wijkboek_utils import worker

        try:
            outcome = Outcome(**future.result())
            if self._depot and not outcome.died:
                parts = [f"reports/{one.name}", f"data/processed/{one.name}"]
                name = worker.pack(project, asdict(one))
                self._depot.fetch(folders.ROOT, name, parts)
                self._depot.drop(name)
        except FutureCancelledError:
            raise Fout(
                f"De scheduler bij {self._address} viel weg. Start hem opnieuw. {_REST}"
            ) from None
        except Exception as error:  # whatever a worker or the network does, others go on
            words = [f"geen worker maakte dit rapport af: {_words(error)}"]
            again = isinstance(error, OSError)  # a network or a store may be back later
            if again and not self._holds(project):
                raise Fout(f"De opslag viel weg: {_words(error)} {_REST}") from error
            outcome = Outcome(one.name, words, 0, finished=False, again=again, died=True)
        return outcome

    def _holds(self, project: dict[str, str]) -> bool:
        """Return whether the project is in the store; without one, where everybody sees it."""
        try:
            return not self._depot or all(map(self._depot.has, project.values()))
        except OSError:
            return False

    def _has_no_workers(self) -> bool:
        """Return whether there is no worker: then nothing happens, for as long as it takes."""
        try:
            return not self._client.nthreads()
        except OSError:  # the scheduler is gone, of which the reports tell
            return False

    def index(self) -> None:
        """Write the list of all reports."""
        from wijkboek_utils import index, sources

        index.write(sources.REPORTS)

    def _send(self) -> dict[str, str]:
        """Return the state of each folder of the project; with a store, send what it lacks."""
        parts = {folders.NOTEBOOKS: folders.notebooks()}
        for folder in (folders.PILOTS, folders.RAW):
            parts[folder] = [p for p in sorted(folder.rglob("*")) if p.is_file()]
        hashes, project = inputs.Hashes.load(), {}
        for folder, files in parts.items():
            state = inputs.digest({str(p.relative_to(folders.ROOT)): hashes.of(p) for p in files})
            project[folder.relative_to(folders.ROOT).as_posix()] = state
            if self._depot and not self._depot.has(state):
                self._depot.send(folders.ROOT, files, state)
        hashes.save()
        return project

    def __enter__(self) -> "Cluster":
        """Return the workshop itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let go of the scheduler; what nobody waits for any more is not made."""
        self._client.close()


def _words(error: Exception) -> str:
    """Return in words why a worker did not finish a report."""
    from distributed.scheduler import KilledWorker

    if isinstance(error, Fout):
        return str(error)
    if isinstance(error, OSError):
        return refused(error, error.filename or "de opslag")
    if isinstance(error, KilledWorker):
        tries = error.allowed_failures + 1
        return f"{tries} workers vielen weg terwijl zij het maakten. Geef een worker meer geheugen."
    return f"{type(error).__name__}: {error}"
