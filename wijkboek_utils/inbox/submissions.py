"""What people sent in: a file, what it says of itself, and who may see it."""

import hashlib
import json
import os
import secrets
import sqlite3
from dataclasses import dataclass, replace
from functools import lru_cache

from filelock import FileLock

from wijkboek_utils.errors import Fout
from wijkboek_utils.inbox import buurten, limits
from wijkboek_utils.inbox.database import FOLDER, note, now, step
from wijkboek_utils.inbox.tokens import Person, still
from wijkboek_utils.local import checking, header, opening, schema
from wijkboek_utils.local.contribution import Checked, Opened
from wijkboek_utils.local.faults import count

WORDS = {
    "wacht": "wacht op een beoordelaar",
    "aangenomen": "aangenomen",
    "geweigerd": "geweigerd",
    "ingetrokken": "ingetrokken",
}


@dataclass(frozen=True)
class Submission:
    """One file that somebody sent, without its content."""

    id: str
    number: int
    sender: int
    sender_name: str
    pilot: str
    kind: str
    name: str
    about: dict[str, str]
    sha256: str
    sent: str
    keep_until: str
    state: str
    reason: str
    judge_name: str | None
    judged: str | None
    settled: bool

    @property
    def receipt(self) -> str:
        """Return the number that the sender gets."""
        return f"B-{self.number:04d}"


def examine(
    content: bytes, name: str, about: dict[str, str], kind: str, pilot: str
) -> tuple[Opened, Checked]:
    """Open and check a file as it was sent, with what was filled in beside it.

    What is filled in beside a file goes before what the file says of itself.
    """
    given = {key: value for key, value in about.items() if value}
    file = opened(content, name)
    file = replace(file, about={**file.about, **given})
    told = buurten.told(pilot)
    return file, checking.check(file, kind, told.gemeenten, addresses=told.adressen)


@lru_cache(maxsize=2)
def opened(content: bytes, name: str) -> Opened:
    """Open a file as it was sent, once for looking it over and sending it in.

    Opening starts a process that has ten seconds; visitors take turns, so that many at once do not
    keep each other from finishing.
    """
    with FileLock(FOLDER / f"lezen-{os.getpid() % (os.cpu_count() or 1)}.lock"):
        return opening.open_bytes(content, name)


def submit(
    base: sqlite3.Connection,
    person: Person,
    pilot: str,
    kind: str,
    name: str,
    content: bytes,
    about: dict[str, str],
) -> Submission:
    """Put a file in the waiting room and return it; when this returns, it is on the disk.

    The same file of the same person is the same submission, so that a retry does no harm. Raises
    Fout when it may not, does not fit, or has faults.
    """
    may_work(person, pilot)
    if kind not in schema.KINDS:
        raise Fout(header.unknown_kind(kind))
    limits.check_size(len(content))
    _, checked = examine(content, name, about, kind, pilot)
    if checked.faults:
        raise Fout(f"Dit bestand heeft {count(checked.faults)}. De eerste: {checked.faults[0]}")
    told = {key: value for key, value in checked.about.items() if value}
    digest = hashlib.sha256(content).hexdigest()
    with step(base):
        person = still(base, person)
        may_work(person, pilot)
        if same := _same(base, person, pilot, kind, digest):
            if same.about != told:
                raise Fout(
                    f"Dit bestand ligt er al als {same.receipt}, met andere gegevens erbij. Trek "
                    "dat eerst in, en stuur het dan opnieuw."
                )
            return same
        limits.check_room(base, person.id, len(content))
        highest = base.execute("SELECT coalesce(max(number), 0) FROM submissions").fetchone()[0]
        ident = f"b{highest + 1:05d}-{secrets.token_hex(4)}"
        row = {
            "id": ident,
            "number": highest + 1,
            "sender": person.id,
            "pilot": pilot,
            "kind": kind,
            "name": name,
            "about": json.dumps(told, ensure_ascii=False, sort_keys=True),
            "sha256": digest,
            "content": content,
            "size": len(content),
            "sent": now(),
            "keep_until": told["bewaren_tot"],
        }
        marks = ", ".join(f":{column}" for column in row)
        base.execute(f"INSERT INTO submissions ({', '.join(row)}) VALUES ({marks})", row)
        note(base, person.name, f"ingestuurd voor {pilot}: {kind}", ident)
    return get(base, ident)


def get(base: sqlite3.Connection, ident: str) -> Submission:
    """Return one submission by its id. Raises Fout when there is none."""
    return _only(select(base, "s.id = ?", ident))


def waiting(base: sqlite3.Connection, person: Person) -> list[Submission]:
    """Return what this beoordelaar may judge, oldest first: never what was sent by the same."""
    if not person.judges:
        return []
    found = select(base, "s.state = 'wacht' AND s.sender <> ?", person.id)
    return [one for one in found if person.may_work_for(one.pilot)]


def sent_by(base: sqlite3.Connection, person: Person) -> list[Submission]:
    """Return what somebody sent, newest first; all of it to a beheerder of its pilot."""
    if not person.manages:
        return select(base, "s.sender = ?", person.id)[::-1]
    found = select(base, "1")[::-1]
    return [one for one in found if one.sender == person.id or person.may_work_for(one.pilot)]


def everything(base: sqlite3.Connection) -> list[Submission]:
    """Return every submission, oldest first: for who manages the machine."""
    return select(base, "1")


def content(base: sqlite3.Connection, person: Person, ident: str) -> tuple[Submission, bytes]:
    """Return a submission with the file as it was sent, to who may see it."""
    person, one = still(base, person), get(base, ident)
    if one.sender != person.id and not (person.judges and person.may_work_for(one.pilot)):
        raise Fout("Alleen de inzender en een beoordelaar mogen dit bestand zien.")
    return one, file_of(base, one)


def file_of(base: sqlite3.Connection, one: Submission) -> bytes:
    """Return the file of a submission as it was sent. Raises Fout when it is erased."""
    query = "SELECT content FROM submissions WHERE id = ?"
    file: bytes | None = base.execute(query, (one.id,)).fetchone()[0]
    if file is None:
        raise Fout(f"Het bestand van {one.receipt} is gewist.")
    return file


def earlier(base: sqlite3.Connection, one: Submission) -> tuple[Submission, Checked] | None:
    """Return the newest accepted file of the same sender, kind and pilot, to compare with."""
    where = "s.sender = ? AND s.kind = ? AND s.pilot = ? AND s.state = 'aangenomen'"
    where += " AND s.content IS NOT NULL AND s.id <> ?"
    found = select(base, where, one.sender, one.kind, one.pilot, one.id)
    for old in found[::-1]:
        _, checked = examine(file_of(base, old), old.name, old.about, old.kind, old.pilot)
        if not checked.faults:
            return old, checked
    return None


def log(base: sqlite3.Connection, ident: str | None = None) -> list[sqlite3.Row]:
    """Return what happened, oldest first: at, who, what, submission."""
    query = "SELECT at, who, what, submission FROM log WHERE ?1 IS NULL OR submission = ?1"
    return base.execute(f"{query} ORDER BY id", (ident,)).fetchall()


def may_work(person: Person, pilot: str) -> None:
    """Raise Fout when a code is not for this pilot."""
    if not person.may_work_for(pilot):
        raise Fout(f"Uw code geldt voor {person.pilot}, niet voor {pilot}.")


def _same(
    base: sqlite3.Connection, person: Person, pilot: str, kind: str, digest: str
) -> Submission | None:
    where = "s.sender = ? AND s.pilot = ? AND s.kind = ? AND s.sha256 = ?"
    where += " AND s.state IN ('wacht', 'aangenomen') AND s.content IS NOT NULL"
    return next(iter(select(base, where, person.id, pilot, kind, digest)), None)


def select(base: sqlite3.Connection, where: str, *values: object) -> list[Submission]:
    """Return the submissions that meet a condition on `s` (sender `p`, judge `j`), in order."""
    rows = base.execute(
        "SELECT s.id, s.number, s.sender, p.name AS sender_name, s.pilot, s.kind, s.name, s.about,"
        " s.sha256, s.sent, s.keep_until, s.state, s.reason, j.name AS judge_name, s.judged,"
        " s.settled FROM submissions s JOIN people p ON p.id = s.sender"
        f" LEFT JOIN people j ON j.id = s.judge WHERE {where} ORDER BY s.number",
        values,
    )
    return [
        Submission(**{**dict(r), "about": json.loads(r["about"]), "settled": bool(r["settled"])})
        for r in rows
    ]


def _only(found: list[Submission]) -> Submission:
    if not found:
        raise Fout("Deze inzending bestaat niet.")
    return found[0]
