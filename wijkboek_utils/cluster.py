"""The same batch on more computers, with Dask: each worker makes reports as we do here.

Where the workers see the project's folder (one file system, as on most clusters) they work in it;
elsewhere the project goes to a store and the reports come back from it.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from wijkboek_utils import folders, inputs
from wijkboek_utils.asked import Asked, Outcome
from wijkboek_utils.depot import Depot
from wijkboek_utils.errors import Fout
from wijkboek_utils.running import in_two_rounds

_ANSWER = 10  # seconds for a scheduler to answer


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
        self._store, self._depot = store or "", Depot(store) if store else None

    def check(self, names: list[str], parameters: dict[str, str]) -> None:
        """Raise Fout for a pilot or parameter that cannot be."""
        from wijkboek_utils import job

        job.check(names, parameters)

    def make(self, wanted: list[Asked], watcher: Any, jobs: int | None) -> Iterator[Outcome]:
        """Make reports; one whose worker is lost is made by another worker."""
        from wijkboek_utils import job

        project = self._send()

        def some(todo: list[Asked], last: bool) -> Iterator[tuple[Asked, Outcome]]:
            return self._at_once(todo, project)

        def give_up(one: Asked, outcome: Outcome) -> None:
            job.give_up(one, outcome.faults[0], job.MEMORY if outcome.again else "")

        yield from in_two_rounds(wanted, some, give_up)

    def _at_once(self, wanted: list[Asked], project: str) -> Iterator[tuple[Asked, Outcome]]:
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
        for future in as_completed([*found], loop=self._client.loop):
            one = found[future]
            try:
                outcome = Outcome(**future.result())
                if self._depot and not outcome.died:
                    parts = [f"reports/{one.name}", f"data/processed/{one.name}"]
                    self._depot.replace(folders.ROOT, f"{project}-{one.name}", parts)
            except Exception as error:  # whatever a worker or the network does, others go on
                words = f"geen worker maakte dit rapport af: {type(error).__name__}: {error}"
                outcome = Outcome(one.name, [words], 0, finished=False, died=True)
            yield one, outcome

    def index(self) -> None:
        """Write the list of all reports."""
        from wijkboek_utils import index, sources

        index.write(sources.REPORTS)

    def _send(self) -> str:
        """Return the name of the project's state; with a store, send what it lacks."""
        files = folders.notebooks()
        for folder in (folders.PILOTS, folders.RAW):
            files += [p for p in sorted(folder.rglob("*")) if p.is_file()]
        hashes = inputs.Hashes.load()
        name = inputs.digest({str(p.relative_to(folders.ROOT)): hashes.of(p) for p in files})
        hashes.save()
        if self._depot and not self._depot.has(name):
            self._depot.send(folders.ROOT, files, name)
        return name

    def __enter__(self) -> "Cluster":
        """Return the workshop itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let go of the scheduler; what nobody waits for any more is not made."""
        self._client.close()
