"""A report made again in a folder of its own and without a network, to compare with the first.

It runs as a program, for where a project keeps its files is known at the start of one.
"""

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wijkboek_utils import folders
from wijkboek_utils.asked import STOCK, Asked, Outcome
from wijkboek_utils.bundle import Inputs
from wijkboek_utils.errors import Fout

_HERE = {"localhost", "127.0.0.1", "::1", "", None}
_READ = {"notebooks": folders.NOTEBOOKS, "pilots": folders.PILOTS, "data/raw": folders.RAW}


def again(made_of: Inputs, place: Path, engine: str) -> Path:
    """Make a report again below `place`, of what is in the project now; return its folder.

    `engine` is what runs the notebooks, as for `wijkboek render`.

    Raises Fout with the reason when that does not work out.
    """
    for name, source in _READ.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        _linked(source, place / name)
    given = made_of.slug, made_of.parameters, made_of.pdf, made_of.stand
    asked = Asked(*given, engine=engine, printed=False)
    done = subprocess.run(
        [sys.executable, "-m", "wijkboek_utils.rebuild", json.dumps(asdict(asked))],
        env={**os.environ, "WIJKBOEK_ROOT": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        outcome = Outcome(**json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, ValueError, TypeError):
        raise Fout(_last(done.stderr)) from None
    if not outcome.finished:
        raise Fout("; ".join(outcome.faults))
    return place / "reports" / outcome.name


def _last(text: str) -> str:
    """Return what a program said when it stopped."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "het programma stopte zonder uitleg"


def _linked(source: Path, target: Path) -> None:
    """Let a project read a folder of another; where links are not allowed, a copy."""
    try:
        target.symlink_to(source, target_is_directory=True)
    except OSError:
        shutil.copytree(source, target)


def main() -> None:
    """Make what the first argument asks; print what came of it as the last line."""
    from wijkboek_utils.batch import Forks, Here
    from wijkboek_utils.forks import CAN_FORK

    asked = Asked.of(json.loads(sys.argv[1]))
    cut_off()
    if CAN_FORK and asked.engine != STOCK:
        with Forks([asked.name], warm="wijkboek_utils.rebuild:warm") as workshop:
            outcomes = _made(workshop, asked)
    else:  # there the notebooks run in programs of their own, which are not cut off
        outcomes = _made(Here(), asked)
    print(json.dumps(asdict(outcomes[0])))


def _made(workshop: Any, asked: Asked) -> list[Outcome]:
    try:
        for words in workshop.check([asked.name], asked.parameters).values():
            raise Fout(words)
        return list(workshop.make([asked], _Silent(), None))
    except Fout as fout:
        return [Outcome(asked.name, [str(fout)], 0, finished=False)]


class _Silent:
    """Hears how far it is, and tells nobody."""

    def step(self, name: str, number: int, count: int, notebook: str) -> None:
        """Hear that a notebook starts."""

    def say(self, words: str) -> None:
        """Hear what concerns all of the batch."""


def warm(*names: str) -> None:
    """Load what a report needs, in the process that all others are forked from: all are cut off."""
    cut_off()
    from wijkboek_utils import warm as warm_

    warm_.country(*names)


def cut_off() -> None:
    """Make any try to reach another computer an error, here and in what is forked from here.

    That cannot be undone. Programs that are started, rather than forked, are not cut off.
    """
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        one, address = arguments[0], arguments[1]
        if one.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _HERE:
            raise _no_network(address[0])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and arguments[0] not in _HERE:
        raise _no_network(arguments[0])


def _no_network(host: object) -> OSError:
    return OSError(errno.ENETUNREACH, f"bij verify is er geen netwerk; gevraagd werd {host}")


if __name__ == "__main__":
    main()
