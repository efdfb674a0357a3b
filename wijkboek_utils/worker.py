"""What a worker of a cluster does: make one report, in processes forked from a warm one.

A worker needs our package and, where it cannot see the project's folder, the store. What it fetched
for one report it keeps for the next, in its own folder, that Dask takes away at its end.
"""

import json
import os
import shutil
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wijkboek_utils.asked import Asked, Outcome
from wijkboek_utils.depot import Depot
from wijkboek_utils.folders import AS_OF
from wijkboek_utils.forks import Home
from wijkboek_utils.running import Running, not_begun

_LOCK = threading.Lock()


class _State:
    """A state of the project, in a folder of this computer, with what its reports are forked from.

    `busy` counts the reports that are being made from it. What was `fetched` is a folder for it
    alone; else it is that of the user.
    """

    def __init__(self, place: Path, asked: Asked, fetched: bool) -> None:
        os.environ |= {"WIJKBOEK_ROOT": str(place), AS_OF: asked.stand}
        self._place, self._fetched, self.busy = place, fetched, 0
        self.home = Home("wijkboek_utils.warm:country", asked.name, asked.name, cwd=str(place))

    def forget(self) -> None:
        """End its process, and take away what was fetched for it."""
        self.home.close()
        if self._fetched:
            shutil.rmtree(self._place, ignore_errors=True)


_states: dict[str, _State] = {}  # those that were asked here


def pack(project: dict[str, str], how: dict[str, Any]) -> str:
    """Return the name in the store of what comes of an Asked, for a state of the project."""
    from wijkboek_utils import inputs

    return inputs.digest({**project, "asked": json.dumps(how, sort_keys=True)})


def make(
    how: dict[str, Any], root: str, store: str, project: dict[str, str], code: str
) -> dict[str, Any]:
    """Make a report and return its Outcome as a dict; called by Dask on a worker.

    `how` is an Asked; `project` names the state of each folder of the project, a pack in the store
    where there is one, and `code` the state of our package, which must be the same here.
    """
    from wijkboek_utils import inputs

    asked, version = Asked.of(how), inputs.digest(project)
    if inputs.code() != code:
        words = "op een worker staat een andere versie van Wijkboek of van een bibliotheek"
        return asdict(Outcome(asked.name, [words], 0, finished=False, died=True))
    depot = Depot(store) if store else None
    place = _own_folder() / f"{version}{asked.stand}" if depot else Path(root)
    with _LOCK:
        known = f"{place} {version} {asked.stand}"
        if known not in _states:
            for old in [one for one, state in _states.items() if not state.busy]:
                _states.pop(old).forget()
            if depot:
                for folder, name in project.items():
                    depot.fetch(place, name, [folder])
            _states[known] = _State(place, asked, fetched=bool(depot))
        state = _states[known]
        try:
            process = state.home.fork("wijkboek_utils.job:serve", asdict(asked))
        except RuntimeError:
            return asdict(not_begun(asked))
        state.busy += 1
    try:
        running = Running(asked, process)
        while running.hear():
            pass
        outcome = running.outcome()
        if depot:
            _deliver(place, pack(project, how), outcome, depot)
    finally:
        with _LOCK:
            state.busy -= 1
    return asdict(outcome)


def _deliver(place: Path, name: str, outcome: Outcome, depot: Depot) -> None:
    """Send a report, or the page of why it failed, and keep nothing of it."""
    made = [place / "reports" / outcome.name, place / "data" / "processed" / outcome.name]
    if not outcome.died:
        files = [p for part in made for p in sorted(part.rglob("*")) if p.is_file()]
        depot.send(place, files, name)
    for part in made:
        shutil.rmtree(part, ignore_errors=True)


def _own_folder() -> Path:
    """Return a folder that is of this worker alone."""
    from distributed import get_worker

    return Path(get_worker().local_directory, "wijkboek")
