"""What becomes of a submission: wacht -> aangenomen, geweigerd or ingetrokken.

A decision is written first and carried out after that: `settled` is 0 until the store of local data
agrees with the state. Both halves can be done again without harm, so a process that is killed in
between leaves work and no damage; `settle` finishes it.
"""

import sqlite3
from collections.abc import Callable
from datetime import date

from filelock import FileLock

from wijkboek_utils import sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.inbox import buurten
from wijkboek_utils.inbox.database import FOLDER, forget, note, now, step
from wijkboek_utils.inbox.submissions import (
    Submission,
    content,
    examine,
    file_of,
    get,
    may_work,
    select,
)
from wijkboek_utils.inbox.tokens import Person, still
from wijkboek_utils.local import store


def accept(base: sqlite3.Connection, person: Person, ident: str) -> Submission:
    """Take a submission into the books. Raises Fout when this person may not, or it has faults."""
    one, file = _to_judge(base, person, ident)
    _, checked = examine(file, one.name, one.about, one.kind, one.pilot)
    if checked.faults:
        raise Fout(
            f"{one.receipt} heeft nu fouten, zoals {checked.faults[0]} Weiger het met uitleg."
        )
    _decide(base, person, one, "aangenomen", "")
    told: list[str] = []
    settle(base, told.append)
    if not (done := get(base, ident)).settled:
        raise Fout(f"{' '.join(told)} Meld dit aan de beheerder.")
    return done


def refuse(base: sqlite3.Connection, person: Person, ident: str, reason: str) -> Submission:
    """Refuse a submission, with a reason that its sender reads; its content is erased."""
    one, _ = _to_judge(base, person, ident)
    if len(reason.split()) < 2 or len(reason) > 1000:
        raise Fout("Schrijf in een of meer zinnen waarom u weigert. De inzender leest dat.")
    _decide(base, person, one, "geweigerd", reason.strip())
    forget(base)
    return get(base, ident)


def withdraw(base: sqlite3.Connection, person: Person, ident: str) -> Submission:
    """Take a submission back, as its sender or a beheerder; its content goes, in the books too."""
    with step(base):
        person, one = still(base, person), get(base, ident)
        if one.sender != person.id and not (person.manages and person.may_work_for(one.pilot)):
            raise Fout("Alleen de inzender of de beheerder kan dit intrekken.")
        _take_back(base, person.name, one)
    settle(base)
    forget(base)
    return get(base, ident)


def remove(base: sqlite3.Connection, name: str, reason: str) -> str:
    """Take a contribution out of the books for who manages the machine; return its name there.

    `name` is its id or receipt. What came in here is erased here too. Raises Fout when there is no
    such contribution, or another reason than `store.REASONS`.
    """
    for one in select(base, "?1 IN (s.id, printf('B-%04d', s.number))", name):
        if reason not in store.REASONS:
            raise Fout(f"«{reason}» is geen reden. Kies uit: {', '.join(store.REASONS)}.")
        with step(base):
            _take_back(base, "beheer", get(base, one.id), store.REASONS[reason])
        settle(base)
        forget(base)
        return one.id
    store.withdraw(name, _today(), reason)
    return name


def _take_back(base: sqlite3.Connection, who: str, one: Submission, reason: str = "") -> None:
    """Erase a submission, inside a step; the store follows when the decision is carried out."""
    if one.state not in ("wacht", "aangenomen"):
        raise Fout(f"{one.receipt} is al {one.state}.")
    # An accepted file may stand in the books, also when it is not yet marked as such.
    base.execute(
        "UPDATE submissions SET state = 'ingetrokken', content = NULL, about = '{}', name = '',"
        " sha256 = '', reason = ?, settled = ? WHERE id = ?",
        (reason, int(one.state == "wacht"), one.id),
    )
    note(base, who, f"ingetrokken: {reason}" if reason else "ingetrokken", one.id)


def settle(base: sqlite3.Connection, tell: Callable[[str], None] = lambda words: None) -> None:
    """Bring the store in line with every decision that is not carried out yet.

    One process at a time: another could put back what was withdrawn meanwhile.
    """
    with FileLock(FOLDER / "settle.lock"):
        for one in select(base, "s.settled = 0"):
            try:
                (_into_the_books if one.state == "aangenomen" else _out_of_the_books)(base, one)
            except Fout as fout:
                tell(f"{one.receipt} is {one.state}, maar nog niet verwerkt: {fout}")
                continue
            base.execute(
                "UPDATE submissions SET settled = 1 WHERE id = ? AND state = ?", (one.id, one.state)
            )
            tell(f"{one.receipt} is {one.state} en verwerkt.")


def clean(base: sqlite3.Connection, day: str | None = None) -> list[str]:
    """Erase what is past the day until which it may be kept, here and in the books; return what.

    That is receipts of submissions, and ids of contributions that came another way.
    """
    day = day or _today()
    with step(base):
        past = select(base, "s.content IS NOT NULL AND s.keep_until < ?", day)
        for one in past:
            _take_back(base, "beheer", one, store.REASONS["termijn"])
    settle(base)
    forget(base)
    sources.catalogue.cache_clear()
    kept = [s for s in sources.catalogue().values() if s.kind and s.keep_until]
    gone = [s.id for s in kept if s.keep_until < day]
    for bron in gone:
        store.withdraw(bron, _today(), "termijn")
    return [one.receipt for one in past] + gone


def _to_judge(base: sqlite3.Connection, person: Person, ident: str) -> tuple[Submission, bytes]:
    """Return a submission and its file, to a person who may judge it."""
    person = still(base, person)
    if not person.judges:
        raise Fout("Alleen een beoordelaar kan aannemen of weigeren.")
    one = get(base, ident)
    may_work(person, one.pilot)
    if one.sender == person.id:
        raise Fout("U stuurde dit zelf in. Iemand anders moet ernaar kijken.")
    if one.state != "wacht":
        raise Fout(f"{one.receipt} is al {one.state}.")
    return content(base, person, ident)


def _decide(
    base: sqlite3.Connection, person: Person, one: Submission, state: str, reason: str
) -> None:
    """Write a decision, unless somebody was before; what is refused is erased."""
    with step(base):
        still(base, person)
        if (known := get(base, one.id)).state != "wacht":
            raise Fout(f"{known.receipt} is intussen al {known.state}.")
        erased = ", content = NULL, about = '{}'" if state == "geweigerd" else ""
        base.execute(
            "UPDATE submissions SET state = ?, reason = ?, judge = ?, judged = ?, settled = ?"
            f"{erased} WHERE id = ?",
            (state, reason, person.id, now(), int(state != "aangenomen"), one.id),
        )
        note(base, person.name, state, one.id)


def _into_the_books(base: sqlite3.Connection, one: Submission) -> None:
    _, checked = examine(file_of(base, one), one.name, one.about, one.kind, one.pilot)
    if checked.faults:  # what it is checked against changed between the decision and now
        raise Fout(f"{one.receipt} is aangenomen maar heeft nu fouten, zoals {checked.faults[0]}")
    assert one.judged is not None
    gemeenten = buurten.told(one.pilot).gemeenten
    store.add(one.pilot, checked, gemeenten, id=one.id, day=one.judged[:10])


def _out_of_the_books(base: sqlite3.Connection, one: Submission) -> None:
    """Take a submission out, also where a kill left half of it."""
    sources.catalogue.cache_clear()
    if one.id in sources.catalogue():
        told = {words: reason for reason, words in store.REASONS.items()}
        store.withdraw(one.id, _today(), told.get(one.reason, "verzoek"))
    (store.folder(one.pilot) / f"{one.id}.csv").unlink(missing_ok=True)


def _today() -> str:
    return date.today().isoformat()
