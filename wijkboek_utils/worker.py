"""What a worker of a cluster does: make one report, in processes forked from a warm one.

A worker needs our package and, where it cannot see the project's folder, the store. What it fetched
for one report it keeps for the next, in its own folder, that Dask takes away at its end.
"""

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
_homes: dict[str, Home] = {}  # one for each state of the project that was asked here


def make(how: dict[str, Any], root: str, store: str, project: str, code: str) -> dict[str, Any]:
    """Make a report and return its Outcome as a dict; called by Dask on a worker.

    `how` is an Asked; `project` names the state of the project, a list in the store where there is
    one, and `code` the state of our package, which must be the same here.
    """
    from wijkboek_utils import inputs

    asked = Asked.of(how)
    if inputs.code() != code:
        words = "op een worker staat een andere versie van Wijkboek of van een bibliotheek"
        return asdict(Outcome(asked.name, [words], 0, finished=False, died=True))
    depot = Depot(store) if store else None
    place = _own_folder() / project if depot else Path(root)
    with _LOCK:
        state = f"{place} {project} {asked.stand}"
        if state not in _homes:
            for old in [*_homes]:  # of an older state; nobody asks for it any more
                _homes.pop(old).close()
            if depot:
                shutil.rmtree(place.parent, ignore_errors=True)
                place.mkdir(parents=True)
                depot.fetch(place, project)
            os.environ |= {"WIJKBOEK_ROOT": str(place), AS_OF: asked.stand}
            _homes[state] = Home(
                "wijkboek_utils.warm:country", asked.name, asked.name, cwd=str(place)
            )
        try:
            process = _homes[state].fork("wijkboek_utils.job:serve", asdict(asked))
        except RuntimeError:
            return asdict(not_begun(asked))
    running = Running(asked, process)
    while running.hear():
        pass
    outcome = running.outcome()
    if depot:
        made = [place / "reports" / asked.name, place / "data" / "processed" / asked.name]
        if not outcome.died:
            files = [p for part in made for p in sorted(part.rglob("*")) if p.is_file()]
            depot.send(place, files, f"{project}-{asked.name}")
        for part in made:  # the store has it
            shutil.rmtree(part, ignore_errors=True)
    return asdict(outcome)


def _own_folder() -> Path:
    """Return a folder that is of this worker alone."""
    from distributed import get_worker

    return Path(get_worker().local_directory, "wijkboek")
