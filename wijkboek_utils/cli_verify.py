"""The verb `verify`: whether a report can be made again, and if not, what differs and why."""

import argparse
from collections.abc import Callable
from typing import Any

from wijkboek_utils.asked import FORKED, check_engine

EXAMPLES = """\
voorbeelden:
  wijkboek verify                          het rapport van Kanaleneiland (Utrecht)
  wijkboek verify reports/arnhem-spijkerkwartier   een rapport, ook uit een andere map
  wijkboek verify --all                    alle rapporten
  wijkboek verify --snel --all             alleen of iets is veranderd, zonder opnieuw te maken
"""


def add(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the verb to the command; `verb` makes one, with its help."""
    part = verb(
        verbs,
        "verify",
        "ga na of een rapport opnieuw te maken is",
        "Maak een rapport opnieuw zonder netwerk, en zeg precies wat anders is en waardoor.",
        EXAMPLES,
    )
    words = "map van een rapport, of naam van een pilot"
    part.add_argument("reports", nargs="*", metavar="RAPPORT", help=words)
    part.add_argument("--all", action="store_true", help="alle rapporten uit de map reports/")
    words = "wijkboek, of papermill: de notebooks met de gewone motor van papermill (traag)"
    part.add_argument("--engine", default=FORKED, metavar="NAAM", help=words)
    part.add_argument("--snel", action="store_true", help="maak het rapport niet opnieuw")


def verify(options: argparse.Namespace) -> int:
    """Verify reports; return 0 when each can be made again, 1 when one differs."""
    from wijkboek_utils import verify

    check_engine(options.engine)
    return verify.run(options.reports, options.all, options.snel, options.engine, _tell)


def _tell(words: str) -> None:
    print(words, flush=True)
