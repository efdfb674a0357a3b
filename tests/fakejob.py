"""A job that makes no report: it ends as its name says, so that a batch can be tried in seconds."""

import json
import os
import signal
import time
from dataclasses import asdict
from pathlib import Path

from wijkboek_utils.asked import Asked, Outcome


def warm() -> None:
    """Load nothing."""


def broken() -> None:
    """Fail before anything can be forked."""
    os._exit(5)


def checked(link, how):
    wrong = {n: f"Pilot {n} bestaat niet." for n in how["names"] if "onbekend" in n}
    say(link, {"fout": "", "found": wrong})


def index(link, how):
    (Path(os.environ["WIJKBOEK_ROOT"]) / "lijst").write_text("af")
    say(link, {"fout": "", "found": None})


def failed(link, how):
    name = how["asked"]["name"]
    (Path(os.environ["WIJKBOEK_ROOT"]) / f"{name}.html").write_text(how["words"])
    say(link, {"fout": "", "found": None})


def serve(link, how):
    asked = Asked.of(how)
    log = Path(asked.parameters["log"])
    with log.open("a") as file:
        file.write(f"begin {asked.name} {time.monotonic()} {asked.together}\n")
    say(link, {"step": [0, 2, "01_een"]})
    kind = asked.name.partition("-")[0]
    first = log.read_text().count(asked.name) == 1
    if kind == "sterft" or (kind == "eenmaal" and first):
        os._exit(3)
    if kind == "wees" and first:  # what forked us dies, and all that it forked with it
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    if kind == "hangt":
        time.sleep(600)
    time.sleep(0.2)
    with log.open("a") as file:
        file.write(f"eind {asked.name} {time.monotonic()}\n")
    faults = ["er klopt iets niet"] if kind == "concept" else []
    stuck = kind == "stuk"
    say(link, {"outcome": asdict(Outcome(asked.name, faults + stuck * ["stuk"], 1.0, not stuck))})


def say(link, message):
    link.sendall(json.dumps(message).encode() + b"\n")
