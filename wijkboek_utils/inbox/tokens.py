"""Who may do what: codes to log in with, one per contributor, kept as a checksum only.

A code holds 256 random bits, so nobody can guess it from its SHA-256; a slow hash such as scrypt
protects passwords that people think up, and would only make logging in a way to keep the machine
busy. The number before the point finds the person, the rest is compared in constant time.
"""

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.inbox.database import note, now, step

ROLES = ["bijdrager", "beoordelaar", "beheerder"]
PER_VISIT, WINDOW = 5, timedelta(minutes=10)  # wrong codes from one page
IN_ALL, MINUTE = 60, timedelta(minutes=1)  # that are looked at, of everybody together
_WRONG = "Deze code klopt niet, of is ingetrokken. Plak de hele code, met de punt erin."


@dataclass(frozen=True)
class Person:
    """Who is logged in. Without a pilot somebody may work for all of them."""

    id: int
    name: str
    role: str
    pilot: str | None = None
    since: str = ""  # the code: a newer one makes it worthless

    @property
    def judges(self) -> bool:
        """Return whether somebody may accept and refuse what others send."""
        return self.role == "beoordelaar"

    @property
    def manages(self) -> bool:
        """Return whether somebody may withdraw what others sent."""
        return self.role == "beheerder"

    def may_work_for(self, pilot: str) -> bool:
        """Return whether somebody may send, see or judge for a pilot."""
        return self.pilot in (None, pilot)


def give(base: sqlite3.Connection, name: str, role: str, pilot: str | None = None) -> str:
    """Make a person and return the code, which nobody can look up after this.

    Whose code was revoked gets a new one and stays the same person: what was sent is still theirs,
    and they do not judge it under another role.
    """
    if role not in ROLES:
        raise Fout(f"{role} is geen rol.{did_you_mean(role, ROLES)} Kies {', '.join(ROLES)}.")
    name = " ".join(name.split())
    if not 2 <= len(name) <= 80:
        raise Fout("Geef een naam van 2 tot 80 tekens, bij voorkeur van een organisatie.")
    secret = secrets.token_urlsafe(32)
    with step(base):
        known = base.execute("SELECT id, name, revoked FROM people").fetchall()
        same = next((row for row in known if row["name"].casefold() == name.casefold()), None)
        if same and not same["revoked"]:
            raise Fout(f"{same['name']} heeft al een code. Trek die eerst in met inbox revoke.")
        values = (same["id"] if same else None, name, role, pilot, _digest(secret), now())
        ident = base.execute(
            "INSERT INTO people (id, name, role, pilot, digest, made) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET role = excluded.role, pilot = excluded.pilot,"
            " digest = excluded.digest, made = excluded.made, revoked = NULL RETURNING id",
            values,
        ).fetchone()[0]
        note(base, "beheer", f"code gegeven aan {name} ({role}, {pilot or 'alle pilots'})")
    return f"{ident}.{secret}"


def revoke(base: sqlite3.Connection, name: str) -> None:
    """Make the code of a person worthless, also on pages that are open."""
    with step(base):
        known = [r["name"] for r in base.execute("SELECT name FROM people WHERE revoked IS NULL")]
        if name not in known:
            raise Fout(f"{name} heeft geen geldige code.{did_you_mean(name, known)}")
        base.execute("UPDATE people SET revoked = ? WHERE name = ?", (now(), name))
        note(base, "beheer", f"code van {name} ingetrokken")


def log_in(base: sqlite3.Connection, code: str, visit: str) -> Person:
    """Return who has this code. Raises Fout when it is wrong, or after too many wrong ones.

    A right code comes in however much others guess, else guessing would keep everybody out.
    """
    with step(base):
        base.execute("DELETE FROM attempts WHERE at < ?", (_ago(WINDOW),))
        mine = _count(base, "visit = ? AND at >= ?", visit, _ago(WINDOW))
        if mine >= PER_VISIT:
            raise Fout("U gaf te vaak een verkeerde code. Wacht tien minuten.")
        number, _, secret = code.strip().partition(".")
        found = base.execute(
            "SELECT * FROM people WHERE id = ? AND revoked IS NULL",
            (int(number) if number.isdecimal() and len(number) < 10 else -1,),
        ).fetchone()
        right = hmac.compare_digest(found["digest"] if found else bytes(32), _digest(secret))
        if found and right:
            base.execute("DELETE FROM attempts WHERE visit = ?", (visit,))
            return _person(found)
        if _count(base, "at >= ?", _ago(MINUTE)) >= IN_ALL:
            raise Fout("Er komen te veel verkeerde codes binnen. Wacht een minuut.")
        base.execute("INSERT INTO attempts VALUES (?, ?)", (now(), visit))
    raise Fout(_WRONG)


def still(base: sqlite3.Connection, person: Person) -> Person:
    """Return the person as the inbox knows it now. Raises Fout when the code was revoked."""
    query = "SELECT * FROM people WHERE id = ? AND made = ? AND revoked IS NULL"
    if (row := base.execute(query, (person.id, person.since)).fetchone()) is None:
        raise Fout("Uw code is ingetrokken. Vraag de beheerder om een nieuwe.")
    return _person(row)


def people(base: sqlite3.Connection) -> list[sqlite3.Row]:
    """Return who has or had a code: name, role, pilot, made, revoked."""
    query = "SELECT name, role, pilot, made, revoked FROM people ORDER BY id"
    return base.execute(query).fetchall()


def _person(row: sqlite3.Row) -> Person:
    return Person(row["id"], row["name"], row["role"], row["pilot"], row["made"])


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _ago(span: timedelta) -> str:
    return (datetime.now(UTC) - span).isoformat(timespec="microseconds")


def _count(base: sqlite3.Connection, where: str, *values: str) -> int:
    return int(base.execute(f"SELECT count(*) FROM attempts WHERE {where}", values).fetchone()[0])
