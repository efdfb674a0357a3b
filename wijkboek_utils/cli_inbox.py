"""The verbs `serve` and `inbox`: contributing in the browser, and looking after what waits."""

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from wijkboek_utils.errors import Fout
from wijkboek_utils.inbox.offer import DEFAULT, OFFERS

SERVE_EXAMPLES = """\
voorbeelden:
  wijkboek serve                           gegevens bijdragen, op http://127.0.0.1:8866
  wijkboek serve verkenner                 kies gebieden op de kaart, zie de rekening meteen
  wijkboek serve spel                      het inverdienspel, met schuiven aan tafel
  wijkboek serve verkenner --pilot arnhem-spijkerkwartier
  wijkboek serve --port 9000               op een andere poort
  wijkboek serve --host 0.0.0.0 --naar-buiten   achter een proxy met HTTPS
"""
INBOX_EXAMPLES = """\
voorbeelden:
  wijkboek inbox token Natuurclub --role bijdrager --pilot utrecht-kanaleneiland
  wijkboek inbox token "Jo van de wijkraad" --role beoordelaar
  wijkboek inbox people                    wie een code heeft of had
  wijkboek inbox revoke Natuurclub         maak een code ongeldig
  wijkboek inbox list                      wat wacht, en wat er al was
  wijkboek inbox log                       wie wanneer wat deed
  wijkboek inbox clean                     wis wat niet langer bewaard mag worden
  wijkboek inbox withdraw B-0012           haal een bijdrage weg, ook uit de boeken
  wijkboek inbox released utrecht-kanaleneiland   onthoud wat dit rapport publiceert
  wijkboek inbox backup kopie.sqlite       een kopie, ook terwijl de server draait
"""


def add(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the verbs to the command; `verb` makes one, with its help."""
    serve = verb(
        verbs,
        "serve",
        "toon een pagina in de browser: bijdragen, verkenner of spel",
        "Start een pagina in de browser. Zonder meer is dat bijdragen, en alleen voor deze "
        "computer. Wie de pagina bezoekt, kan geen code uitvoeren.",
        SERVE_EXAMPLES,
    )
    serve.add_argument(
        "what",
        nargs="?",
        choices=list(OFFERS),
        default=DEFAULT,
        metavar="WAT",
        help=", ".join(OFFERS),
    )
    serve.add_argument("--pilot", default="", help="de wijk die de pagina eerst laat zien")
    serve.add_argument("--host", default="127.0.0.1", help="adres om op te luisteren (127.0.0.1)")
    serve.add_argument("--port", type=int, default=8866, help="poort (8866)")
    serve.add_argument("--most", type=int, default=24, help="hoogstens zoveel pagina's open (24)")
    serve.add_argument(
        "--naar-buiten", action="store_true", help="anderen op het netwerk mogen erbij"
    )
    inbox = verb(
        verbs,
        "inbox",
        "geef codes uit en beheer wat er wacht",
        "Beheer wie mag bijdragen en wat er in de wachtkamer ligt.",
        INBOX_EXAMPLES,
    )
    inbox.add_argument("what", choices=list(_WHAT), metavar="WAT", help=", ".join(_WHAT))
    inbox.add_argument("name", nargs="?", metavar="NAAM", help="een naam of bestand")
    inbox.add_argument("--role", default="bijdrager", help="bijdrager, beoordelaar of beheerder")
    inbox.add_argument("--pilot", help="alleen voor deze pilot")
    inbox.add_argument(
        "--reason", default="verzoek", help="bij withdraw: verzoek, termijn, fout of privacy"
    )


def serve(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    from wijkboek_utils.inbox import serving

    if not 1 <= options.most <= 200:
        raise Fout("Geef bij --most een aantal van 1 tot 200.")
    how = options.host, options.port, options.naar_buiten, options.most
    serving.run(*how, _tell, options.what, options.pilot)
    return 0


def inbox(options: argparse.Namespace) -> int:
    """Do one thing with the inbox."""
    from wijkboek_utils.inbox import database

    with database.connection() as base:
        _WHAT[options.what](base, options)
    return 0


def _token(base: Any, options: argparse.Namespace) -> None:
    from wijkboek_utils import pilots
    from wijkboek_utils.inbox import tokens

    if options.pilot is not None:
        pilots.load(options.pilot)
    code = tokens.give(base, _name(options), options.role, options.pilot)
    _tell(f"De code van {options.name} ({options.role}, {options.pilot or 'alle pilots'}):\n")
    _tell(f"  {code}\n")
    _tell("Geef hem veilig door; hij is hierna niet meer op te vragen.")


def _revoke(base: Any, options: argparse.Namespace) -> None:
    from wijkboek_utils.inbox import tokens

    tokens.revoke(base, _name(options))
    _tell(f"De code van {options.name} is ingetrokken.")


def _people(base: Any, options: argparse.Namespace) -> None:
    from wijkboek_utils.inbox import tokens

    for row in tokens.people(base):
        until = f", ingetrokken {row['revoked'][:10]}" if row["revoked"] else ""
        where = row["pilot"] or "alle pilots"
        _tell(f"{row['name']}: {row['role']}, {where}, sinds {row['made'][:10]}{until}")


def _list(base: Any, options: argparse.Namespace) -> None:
    from wijkboek_utils.inbox import submissions

    for one in submissions.everything(base):
        told = f"{one.receipt} {one.sent[:10]} {one.pilot} {one.kind} van {one.sender_name}"
        late = "" if one.settled else ", nog niet verwerkt"
        _tell(f"{told}: {submissions.WORDS[one.state]}{late}")


def _log(base: Any, options: argparse.Namespace) -> None:
    from wijkboek_utils.inbox import submissions

    for row in submissions.log(base):
        _tell(f"{row['at'][:19]} {row['who']}: {row['what']} {row['submission'] or ''}".rstrip())


def _clean(base: Any, options: argparse.Namespace) -> None:
    from wijkboek_utils.inbox import decisions

    gone = decisions.clean(base)
    _tell(f"Gewist: {', '.join(gone)}." if gone else f"Niets te wissen op {date.today()}.")


def _withdraw(base: Any, options: argparse.Namespace) -> None:
    from wijkboek_utils.inbox import decisions

    name = decisions.remove(base, _name(options), options.reason)
    _tell(f"{name} is uit de boeken. Rapporten die er al waren, veranderen pas bij render.")


def _released(base: Any, options: argparse.Namespace) -> None:
    from wijkboek_utils import dutch, sources
    from wijkboek_utils.local import register

    path, count = register.remember(_name(options), date.today().isoformat())
    figures = dutch.plural(count, "getal", "getallen")
    _tell(f"{sources.shown(path)}: {figures} over mensen onthouden, zonder aantallen.")
    _tell(
        "Een volgend rapport houdt er rekening mee. Doe dit bij elk rapport dat naar buiten gaat."
    )


def _backup(base: Any, options: argparse.Namespace) -> None:
    from wijkboek_utils.inbox import database

    path = Path(_name(options))
    database.backup(base, path)
    _tell(f"De kopie staat in {path}.")


_WHAT: dict[str, Callable[[Any, argparse.Namespace], None]] = {
    "token": _token,
    "revoke": _revoke,
    "people": _people,
    "list": _list,
    "log": _log,
    "clean": _clean,
    "withdraw": _withdraw,
    "released": _released,
    "backup": _backup,
}


def _name(options: argparse.Namespace) -> str:
    if not options.name:
        raise Fout(f"Noem erbij wat u bedoelt: wijkboek inbox {options.what} NAAM")
    return str(options.name)


def _tell(words: str) -> None:
    print(words, flush=True)
