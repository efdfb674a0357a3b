"""The command `wijkboek`. Only the parsing happens here; heavy imports wait for their verb."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from wijkboek_utils import __version__
from wijkboek_utils.errors import Fout, did_you_mean

VERBS = ["render"]
EXAMPLES = """\
voorbeelden:
  wijkboek render                          het rapport van Kanaleneiland (Utrecht)
  wijkboek render arnhem-spijkerkwartier   een pilot uit de map pilots/
  wijkboek render GM0344 WK020202          een gemeente en een wijk, met hun CBS-code
  wijkboek render --all                    alle pilots
  wijkboek render -p sleutelset=inwoners   met een andere verdeling
"""


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help that begins in Dutch too."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: Any = None) -> None:
        """Add the line that says how the command is used."""
        super().add_usage(usage, actions, groups, prefix or "gebruik: ")


class _Parser(argparse.ArgumentParser):
    """A parser that says in Dutch what is wrong, with the nearest word that exists."""

    def error(self, message: str) -> NoReturn:
        words = message
        if "invalid choice" in message:
            given = message.split("'")[1]
            words = f"{given} is geen opdracht.{did_you_mean(given, VERBS)}"
        elif "unrecognized arguments" in message:
            given = message.split(": ", 1)[1]
            words = f"{given} wordt niet herkend."
        elif "expected one argument" in message:
            words = f"na {message.split()[1].rstrip(':')} hoort een waarde."
        elif "required" in message:
            words = "er ontbreekt een opdracht, zoals render."
        print(f"wijkboek: {words} Hulp: wijkboek --help", file=sys.stderr)
        raise SystemExit(2)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = _Parser(
        prog="wijkboek",
        description="Houd de boeken van een wijk bij: van cijfers naar een rapport.",
        epilog=EXAMPLES,
        formatter_class=_Help,
        add_help=False,
        allow_abbrev=False,
    )
    _options(top)
    top.add_argument("--version", action="version", version=__version__, help="toon de versie")
    verbs = top.add_subparsers(dest="verb", required=True, title="opdrachten", metavar="OPDRACHT")
    render = verbs.add_parser(
        "render",
        help="maak het rapport van een of meer pilots",
        description="Draai de notebooks en maak per pilot reports/<pilot>/index.html.",
        epilog=EXAMPLES,
        formatter_class=_Help,
        add_help=False,
        allow_abbrev=False,
    )
    _options(render)
    render.add_argument(
        "pilots", nargs="*", metavar="PILOT", help="naam uit pilots/, of CBS-code van een gebied"
    )
    render.add_argument("--all", action="store_true", help="alle pilots uit de map pilots/")
    render.add_argument(
        "-p",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAAM=WAARDE",
        help="parameter van de notebooks, zoals jaar=2023",
    )
    return top


def _options(part: argparse.ArgumentParser) -> None:
    part._positionals.title, part._optionals.title = "wat", "opties"
    part.add_argument("-h", "--help", action="help", help="toon deze hulp")


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 a pilot failed, 2 wrong input."""
    options = parser().parse_args(arguments)
    try:
        return _render(options)
    except Fout as fout:
        print(f"wijkboek: {fout}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"wijkboek: {error.filename}: {error.strerror}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nwijkboek: gestopt. Rapporten die al klaar waren, staan er nog.", file=sys.stderr)
        return 130


def _render(options: argparse.Namespace) -> int:
    from wijkboek_utils import pilots, run

    books = run.notebooks()
    names = options.pilots or ([] if options.all else [pilots.DEFAULT])
    names = [*names, *(pilots.names() if options.all else [])]
    jobs = run.plan(names, _pairs(options.parameters), books)
    failed = []
    with run.WarmKernels() as kernels:
        from wijkboek_utils import report  # imports while the first kernel starts

        for n, job in enumerate(jobs):
            start = time.monotonic()
            slug = job.pilot.slug
            steps = run.run(job, books, kernels, n == len(jobs) - 1, _progress(slug, len(books)))
            faults = report.write(job, list(steps))
            seconds = f"{time.monotonic() - start:.1f}".replace(".", ",")
            print(f"{slug}: {report.where(job)} ({seconds} s)", flush=True)
            for fault in faults:
                print(f"{slug}: nog niet te publiceren: {fault}", file=sys.stderr)
            failed += [slug] if faults else []
    if failed:
        print(f"wijkboek: niet klaar om te publiceren: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _progress(slug: str, count: int) -> Callable[[int, Path], None]:
    """Return what tells the user which notebook starts."""
    return lambda n, path: print(f"{slug}: {n + 1}/{count} {path.stem}", flush=True)


def _pairs(texts: list[str]) -> dict[str, str]:
    """Return `["jaar=2024"]` as a dict, or say what a parameter looks like."""
    pairs = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise Fout(f"Schrijf een parameter als naam=waarde, zoals jaar=2023; u gaf {text!r}.")
        pairs[name.strip()] = value.strip()
    return pairs
