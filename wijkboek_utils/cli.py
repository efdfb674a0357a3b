"""The command `wijkboek`. Only the parsing happens here; heavy imports wait for their verb."""

import argparse
import os
import re
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

from wijkboek_utils import (
    __version__,
    cli_explain,
    cli_inbox,
    cli_local,
    cli_new,
    cli_render,
    cli_verify,
)
from wijkboek_utils.errors import Fout, did_you_mean, refused

FETCH_EXAMPLES = """\
voorbeelden:
  wijkboek fetch                           de nieuwste cijfers voor Kanaleneiland (Utrecht)
  wijkboek fetch GM0363 WK020202           voor Amsterdam en Arnhem
  wijkboek fetch --all                     voor alle pilots uit de map pilots/
  wijkboek fetch NL --only kwb-2024        van heel Nederland, alleen deze tabel
  wijkboek fetch --since 2026-01-01        wat CBS daarna wijzigde, en wat er anders is
"""


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help that begins in Dutch too."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: Any = None) -> None:
        """Add the line that says how the command is used."""
        super().add_usage(usage, actions, groups, "gebruik: " if prefix is None else prefix)


class _Parser(argparse.ArgumentParser):
    """A parser that says in Dutch what is wrong, with the nearest word that exists."""

    def error(self, message: str) -> NoReturn:
        words = message
        if "invalid choice" in message:
            given, _, known = message.partition("(choose from ")
            given = given.split("'")[1]
            near = did_you_mean(given, re.findall(r"[\w-]+", known))
            words = f"{given} is geen opdracht.{near}"
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
        epilog=cli_render.EXAMPLES,
        formatter_class=_Help,
        add_help=False,
        allow_abbrev=False,
    )
    _options(top)
    top.add_argument("--version", action="version", version=__version__, help="toon de versie")
    verbs = top.add_subparsers(dest="verb", required=True, title="opdrachten", metavar="OPDRACHT")
    cli_render.add(verbs, _verb)
    cli_new.add(verbs, _verb)
    cli_local.add(verbs, _verb)
    fetch = _verb(
        verbs,
        "fetch",
        "haal de nieuwste cijfers op bij CBS en PDOK",
        "Haal cijfers op en bewaar ze in data/raw/opgehaald. Wat niet is gewijzigd, blijft staan.",
        FETCH_EXAMPLES,
    )
    _places(fetch, "; NL is heel Nederland")
    fetch.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="BRON",
        help="een bron of soort: kwb, iv3-2023",
    )
    fetch.add_argument(
        "--since", metavar="DATUM", help="alleen wat sindsdien is gewijzigd; toont de verschillen"
    )
    cli_explain.add(verbs, _verb)
    cli_inbox.add(verbs, _verb)
    cli_verify.add(verbs, _verb)
    return top


def _verb(
    verbs: Any, name: str, words: str, description: str, examples: str
) -> argparse.ArgumentParser:
    part = verbs.add_parser(
        name,
        help=words,
        description=description,
        epilog=examples,
        formatter_class=_Help,
        add_help=False,
        allow_abbrev=False,
    )
    _options(part)
    return part


def _places(part: argparse.ArgumentParser, more: str = "") -> None:
    """Let a verb take pilots and areas."""
    words = f"naam uit pilots/, of CBS-code van een gebied{more}"
    part.add_argument("pilots", nargs="*", metavar="PILOT", help=words)
    part.add_argument("--all", action="store_true", help="alle pilots uit de map pilots/")


def _options(part: argparse.ArgumentParser) -> None:
    part._positionals.title, part._optionals.title = "wat", "opties"
    part.add_argument("-h", "--help", action="help", help="toon deze hulp")


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 a pilot failed, 2 wrong input."""
    try:
        options = parser().parse_args(arguments)
        return _RUN[options.verb](options)
    except Fout as fout:
        print(f"wijkboek: {fout}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # who reads us has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"wijkboek: {refused(error, error.filename or 'een bestand')}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nwijkboek: gestopt. Wat al klaar was, staat er nog.", file=sys.stderr)
        return 130


def _names(options: argparse.Namespace) -> list[str]:
    """Return the pilots and areas that were asked for; the default pilot when none was."""
    from wijkboek_utils import pilots

    names = options.pilots or ([] if options.all else [pilots.DEFAULT])
    return [*names, *(pilots.names() if options.all else [])]


def _fetch(options: argparse.Namespace) -> int:
    from wijkboek_utils import bronnen, pilots

    since = cli_render.day(options.since, "--since")
    datasets = bronnen.choose(options.only)
    scopes = [
        scope
        for n in _names(options)
        for scope in ([n] if n == bronnen.COUNTRY else pilots.gemeenten_of(n))
    ]
    from wijkboek_utils import fetch, net

    failed = []
    tell = _slowly(lambda words: print(words, flush=True))
    for result in fetch.fetch(datasets, list(dict.fromkeys(scopes)), net.Line(), since, tell):
        name = f"{result.dataset.id} {result.scope}"
        print(
            f"{name}: {result.words}", file=sys.stderr if result.failed else sys.stdout, flush=True
        )
        for note in result.notes:
            print(f"  let op: {note}", file=sys.stderr)
        for change in result.changes:
            print(f"  {change}", flush=True)
        failed += [name] if result.failed else []
    if failed:
        print(f"wijkboek: niet opgehaald: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _slowly(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Return `tell`, but not more often than a reader can follow."""
    last = time.monotonic()

    def told(words: str) -> None:
        nonlocal last
        if time.monotonic() - last >= 5:
            last = time.monotonic()
            tell(words)

    return told


_RUN = {
    "render": cli_render.render,
    "new": cli_new.new,
    "fetch": _fetch,
    "check": cli_local.check,
    "template": cli_local.template,
    "explain": cli_explain.explain,
    "serve": cli_inbox.serve,
    "inbox": cli_inbox.inbox,
    "verify": cli_verify.verify,
}
