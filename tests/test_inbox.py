"""The inbox: nothing acknowledged is lost, nothing comes in without a second pair of eyes."""

import os
import random
import shutil
import signal
import sqlite3
import time
from functools import cache
from types import SimpleNamespace

import pytest

from tests.inzending import ABOUT, PILOT, telling
from wijkboek_utils import sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.inbox import buurten, database, decisions, limits, submissions, tokens
from wijkboek_utils.local import store

_opened = cache(submissions.opened.__wrapped__)


@pytest.fixture(autouse=True)
def opened_once(monkeypatch):
    """Open the same file once for all tests: it is not what they are about."""
    monkeypatch.setattr(submissions, "opened", _opened)


@pytest.fixture
def raw(tmp_path):
    """Put back after a test what it took into the books of the pilot."""
    place = store.folder(PILOT)
    if place.exists():
        shutil.copytree(place, tmp_path / "before")
    yield
    shutil.rmtree(place, ignore_errors=True)
    if (tmp_path / "before").exists():
        shutil.copytree(tmp_path / "before", place)
    sources.catalogue.cache_clear()


@pytest.fixture
def path(tmp_path, raw):
    return tmp_path / "inbox.sqlite"


@pytest.fixture
def base(path):
    with database.connection(path) as one:
        yield one


@pytest.fixture
def people(base):
    """Return people by name: two who send, two who judge, one who manages."""
    roles = {
        "Natuurclub": "bijdrager",
        "Buurthuis": "bijdrager",
        "Wijkraad": "beoordelaar",
        "Stadsdeel": "beoordelaar",
        "Beheer": "beheerder",
    }
    codes = {name: tokens.give(base, name, role) for name, role in roles.items()}
    return {name: tokens.log_in(base, code, name) for name, code in codes.items()}


def send(base, person, content=None, about=None, pilot=PILOT, kind="telling"):
    content = telling() if content is None else content
    return submissions.submit(base, person, pilot, kind, "telling.csv", content, about or ABOUT)


def stored() -> dict:
    sources.catalogue.cache_clear()  # another process may have written
    known = sources.catalogue().values()
    return {s.id: s for s in known if s.path.parent == store.folder(PILOT)}


def test_what_is_sent_waits_until_somebody_else_accepts_it(base, people):
    one = send(base, people["Natuurclub"])
    assert (one.receipt, one.state, one.sender_name) == ("B-0001", "wacht", "Natuurclub")
    assert not stored()
    assert [w.id for w in submissions.waiting(base, people["Wijkraad"])] == [one.id]
    done = decisions.accept(base, people["Wijkraad"], one.id)
    assert (done.state, done.judge_name, done.settled) == ("aangenomen", "Wijkraad", True)
    rows = store.read(stored()[one.id])
    assert rows[["wat", "aantal"]].values.tolist() == [["boom", 3]]
    assert submissions.waiting(base, people["Wijkraad"]) == []
    told = [(row["who"], row["what"]) for row in submissions.log(base, one.id)]
    sent = f"ingestuurd voor {PILOT}: telling"
    assert told == [("Natuurclub", sent), ("Wijkraad", "aangenomen")]


def test_the_same_file_again_is_the_same_submission(base, people):
    first = send(base, people["Natuurclub"])
    assert send(base, people["Natuurclub"]) == first
    assert send(base, people["Buurthuis"]).id != first.id
    with pytest.raises(Fout, match="ligt er al als B-0001"):
        send(base, people["Natuurclub"], about=ABOUT | {"licentie": "CC BY 4.0"})
    decisions.withdraw(base, people["Natuurclub"], first.id)
    assert send(base, people["Natuurclub"]).id != first.id


def test_a_file_with_faults_is_not_taken_in(base, people):
    with pytest.raises(Fout, match=r"1 fout\. De eerste: rij 2, kolom aantal"):
        send(base, people["Natuurclub"], telling(aantal="drie"))
    with pytest.raises(Fout, match="bewaren_tot"):
        send(base, people["Natuurclub"], about=ABOUT | {"bewaren_tot": "2020-01-01"})
    assert submissions.everything(base) == []


def test_an_address_is_found_with_the_address_file_of_the_pilot(tmp_path, monkeypatch):
    file, named = tmp_path / "adressen.csv", buurten.named(PILOT)["buurt"]
    file.write_text(f"postcode;huisnummer;buurt\n3526AB;5;{named[0]}\n")
    told = SimpleNamespace(gemeenten=["GM0344"], adressen=file)
    monkeypatch.setattr(buurten, "told", lambda _: told)
    content = b"wat;aantal;telt;postcode;huisnummer\nboom;3;planten en dieren;3526AB;5\n"
    _, checked = submissions.examine(content, "telling.csv", ABOUT, "telling", PILOT)
    assert checked.faults == () and checked.rows["buurt"].tolist() == [named[0]]


@pytest.mark.parametrize(
    ("who", "message"),
    [
        ("Natuurclub", "Alleen een beoordelaar"),
        ("Buurthuis", "Alleen een beoordelaar"),
        ("Beheer", "Alleen een beoordelaar"),
    ],
)
def test_who_is_no_beoordelaar_cannot_judge(base, people, who, message):
    one = send(base, people["Natuurclub"])
    for judge in (
        lambda: decisions.accept(base, people[who], one.id),
        lambda: decisions.refuse(base, people[who], one.id, "Dit klopt niet."),
    ):
        with pytest.raises(Fout, match=message):
            judge()
    assert submissions.get(base, one.id).state == "wacht" and not stored()


def test_a_beoordelaar_cannot_judge_what_he_sent_himself(base, people):
    one = send(base, people["Wijkraad"])
    assert submissions.waiting(base, people["Wijkraad"]) == []
    with pytest.raises(Fout, match="Iemand anders"):
        decisions.accept(base, people["Wijkraad"], one.id)
    with pytest.raises(sqlite3.IntegrityError):  # nor by another road
        base.execute("UPDATE submissions SET judge = sender WHERE id = ?", (one.id,))
    assert decisions.accept(base, people["Stadsdeel"], one.id).state == "aangenomen"


def test_a_code_for_one_pilot_is_no_code_for_another(base, people):
    code = tokens.give(base, "Arnhem kijkt", "beoordelaar", "arnhem-spijkerkwartier")
    other = tokens.log_in(base, code, "x")
    one = send(base, people["Natuurclub"])
    assert submissions.waiting(base, other) == []
    for act in (submissions.content, decisions.accept):
        with pytest.raises(Fout, match=r"geldt voor arnhem|Alleen de inzender"):
            act(base, other, one.id)
    with pytest.raises(Fout, match="geldt voor arnhem"):
        send(base, other)


def test_somebody_whose_code_is_revoked_can_do_nothing_more(base, people):
    one = send(base, people["Natuurclub"])
    tokens.revoke(base, "Wijkraad")
    tokens.revoke(base, "Natuurclub")
    for act in (
        lambda: decisions.accept(base, people["Wijkraad"], one.id),
        lambda: decisions.withdraw(base, people["Natuurclub"], one.id),
        lambda: send(base, people["Natuurclub"], telling("bank")),
    ):
        with pytest.raises(Fout, match="ingetrokken"):
            act()


def test_only_the_sender_or_the_beheerder_withdraws_and_then_it_is_gone_everywhere(base, people):
    mine, other = send(base, people["Natuurclub"]), send(base, people["Buurthuis"])
    for one in (mine, other):
        decisions.accept(base, people["Wijkraad"], one.id)
    for who in ("Buurthuis", "Wijkraad"):
        with pytest.raises(Fout, match="Alleen de inzender of de beheerder"):
            decisions.withdraw(base, people[who], mine.id)
    decisions.withdraw(base, people["Natuurclub"], mine.id)
    decisions.withdraw(base, people["Beheer"], other.id)
    assert not stored() and not list(store.folder(PILOT).glob("*.csv"))
    with pytest.raises(Fout, match="al ingetrokken"):
        decisions.withdraw(base, people["Natuurclub"], mine.id)
    with pytest.raises(Fout, match="al ingetrokken"):
        decisions.accept(base, people["Stadsdeel"], mine.id)


MARK = b"papegaaiduiker"


@pytest.mark.parametrize(
    "how", ["withdrawn", "withdrawn from the books", "refused", "kept too long"]
)
def test_what_is_taken_back_leaves_no_byte_of_the_file(base, path, people, how):
    one = send(base, people["Natuurclub"], telling(MARK.decode()))

    def held() -> bool:
        return any(MARK in p.read_bytes() for p in path.parent.glob("inbox.sqlite*"))

    assert held()
    if how == "refused":
        decisions.refuse(base, people["Wijkraad"], one.id, "Die vogel leeft hier niet.")
        assert submissions.get(base, one.id).reason == "Die vogel leeft hier niet."
    elif how == "kept too long":
        assert decisions.clean(base, "2031-12-31") == [] and held()
        assert decisions.clean(base, "2032-01-01") == ["B-0001"]
    else:
        if how == "withdrawn from the books":
            decisions.accept(base, people["Wijkraad"], one.id)
        decisions.withdraw(base, people["Natuurclub"], one.id)
    assert not held()
    assert len(submissions.log(base, one.id)) >= 2  # that it happened stays
    with pytest.raises(Fout, match="gewist"):
        submissions.content(base, people["Natuurclub"], one.id)


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("how", ["receipt", "id", "kept too long"])
def test_what_the_manager_takes_away_is_gone_in_the_inbox_and_in_the_books(
    base, path, people, how, accepted
):
    one = send(base, people["Natuurclub"], telling(MARK.decode()))
    if accepted:
        decisions.accept(base, people["Wijkraad"], one.id)
    if how == "kept too long":
        assert decisions.clean(base, "2032-01-01") == ["B-0001"]
    else:
        with pytest.raises(Fout, match="geen reden"):
            decisions.remove(base, one.id, "zomaar")
        assert decisions.remove(base, getattr(one, how), "privacy") == one.id
    found = submissions.get(base, one.id)
    reason = "termijn" if how == "kept too long" else "privacy"
    assert (found.state, found.settled) == ("ingetrokken", True)
    assert found.reason == store.REASONS[reason]  # its sender reads why
    assert not any(MARK in p.read_bytes() for p in path.parent.glob("inbox.sqlite*"))
    assert not stored() and not list(store.folder(PILOT).glob("*.csv"))
    told = [line for line in store.withdrawn(store.folder(PILOT)) if line["id"] == one.id]
    assert [line["reason"] for line in told] == ([reason] if accepted else [])
    assert submissions.waiting(base, people["Wijkraad"]) == []


def test_contact_details_stay_in_the_inbox(base, people):
    buurt = buurten.named(PILOT)["buurt"][0]
    content = "soort;wat;categorie;wie;contact;buurt\n"
    content += f"aanbod;zaal;ruimte;initiatief;vraag bij de balie;{buurt}\n"
    one = send(base, people["Natuurclub"], content.encode(), kind="vraag_aanbod")
    decisions.accept(base, people["Wijkraad"], one.id)
    files = [p for p in store.folder(PILOT).rglob("*") if p.is_file()]
    assert len(files) >= 2 and not any(b"balie" in p.read_bytes() for p in files)


def test_the_log_cannot_be_changed_nor_a_state_turned_back(base, people):
    one = send(base, people["Natuurclub"])
    decisions.refuse(base, people["Wijkraad"], one.id, "Dit klopt niet.")
    for wrong in (
        "UPDATE log SET who = 'niemand'",
        "DELETE FROM log",
        "UPDATE submissions SET state = 'wacht'",
        "UPDATE submissions SET state = 'aangenomen'",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            base.execute(wrong)


def test_two_beoordelaars_at_once_decide_once(base, path, people, monkeypatch):
    one = send(base, people["Natuurclub"])
    real = decisions._decide

    def slower(base, person, *rest):
        with database.connection(path) as other:  # the other was just before
            decisions.refuse(other, people["Stadsdeel"], one.id, "Dit klopt niet.")
        real(base, person, *rest)

    monkeypatch.setattr(decisions, "_decide", _once(slower, real))
    with pytest.raises(Fout, match="intussen al geweigerd"):
        decisions.accept(base, people["Wijkraad"], one.id)
    assert not stored()


def _once(first, then):
    calls = iter([first])
    return lambda *facts: next(calls, then)(*facts)


def test_limits_are_said_in_plain_words(base, people, monkeypatch):
    with pytest.raises(Fout, match="leeg"):
        send(base, people["Natuurclub"], b"")
    with pytest.raises(Fout, match=r"10,5 MB; er past 10 MB"):
        send(base, people["Natuurclub"], b"x" * 10_500_000)
    monkeypatch.setattr(limits, "PER_HOUR", 1)
    send(base, people["Natuurclub"])
    with pytest.raises(Fout, match="dit uur al 1"):
        send(base, people["Natuurclub"], telling("bank"))
    monkeypatch.setattr(limits, "QUEUE", 1)
    with pytest.raises(Fout, match="wachtkamer is vol"):
        send(base, people["Buurthuis"])
    monkeypatch.setattr(limits, "PER_HOUR_IN_ALL", 1)
    with pytest.raises(Fout, match="te veel tegelijk"):
        send(base, people["Buurthuis"])
    assert len(submissions.everything(base)) == 1


# Killed at any moment


def child(work) -> int:
    """Run `work` in a process of its own and return how that ended: 9 when it was killed."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dies_after(real):
    def both(*facts, **more):
        real(*facts, **more)
        die()

    return both


def dies_at(real, count):
    left = iter(range(count))

    def sometimes(*facts, **more):
        if next(left, None) is None:
            die()
        return real(*facts, **more)

    return sometimes


MOMENTS = {
    "before the decision": (decisions, "_decide", lambda real: die),
    "after the decision": (decisions, "settle", lambda real: die),
    "before the store": (store, "add", lambda real: die),
    "between rows and manifest": (store, "_write", lambda real: die),
    "before the rows are on disk": (sources, "write_whole", lambda real: die),
    "after the store": (store, "add", dies_after),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_while_accepting_loses_and_doubles_nothing(path, base, people, moment):
    one = send(base, people["Natuurclub"])
    where, name, how = MOMENTS[moment]

    def work() -> None:
        setattr(where, name, how(getattr(where, name)))
        with database.connection(path) as own:
            decisions.accept(own, people["Wijkraad"], one.id)

    assert child(work) == -signal.SIGKILL
    with database.connection(path) as again:  # as `wijkboek serve` does when it starts
        decisions.settle(again)
        assert again.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        found = submissions.get(again, one.id)
        decided = moment != "before the decision"
        assert (found.state == "aangenomen") == decided == (one.id in stored())
        if not decided:
            decisions.accept(again, people["Wijkraad"], one.id)
        assert len(stored()) == 1 and store.read(stored()[one.id])["aantal"].tolist() == [3]
        assert [r["what"] for r in submissions.log(again, one.id)].count("aangenomen") == 1


@pytest.mark.parametrize("moment", ["settle", "withdraw", "forget"])
@pytest.mark.parametrize("half", ["in the books", "accepted, not yet in the books"])
def test_a_kill_while_withdrawing_leaves_it_withdrawn(path, base, people, moment, half):
    one = send(base, people["Natuurclub"])

    def accepts() -> None:
        store._write = die
        with database.connection(path) as own:
            decisions.accept(own, people["Wijkraad"], one.id)

    if half == "in the books":
        decisions.accept(base, people["Wijkraad"], one.id)
    else:
        assert child(accepts) == -signal.SIGKILL

    def withdraws() -> None:
        where = store if moment == "withdraw" else decisions
        setattr(where, moment, die)
        with database.connection(path) as own:
            decisions.withdraw(own, people["Natuurclub"], one.id)

    child(withdraws)
    with database.connection(path) as again:
        decisions.settle(again)
        assert submissions.get(again, one.id).state == "ingetrokken"
        assert submissions.get(again, one.id).settled
    assert not stored() and not list(store.folder(PILOT).glob("*.csv"))


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(path, base, people, monkeypatch):
    dice, acknowledged = random.Random(6), {}
    real = submissions.examine(telling(), "telling.csv", ABOUT, "telling", PILOT)
    monkeypatch.setattr(submissions, "examine", lambda *_: real)  # what is tested is the writing
    monkeypatch.setattr(limits, "check_room", lambda *_: None)
    for turn in range(8):
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                with database.connection(path) as own:
                    for n in range(10_000):
                        content = f"{turn}-{n}-".encode() * dice.randint(1, 20_000)
                        one = send(own, people["Natuurclub"], content)
                        os.write(write, f"{one.number} {one.sha256}\n".encode())
            finally:
                os._exit(1)
        os.close(write)
        time.sleep(dice.uniform(0.05, 0.4))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with os.fdopen(read) as lines:
            acknowledged |= dict(line.split() for line in lines if line.endswith("\n"))
        with database.connection(path) as again:
            assert again.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            kept = {str(one.number): one.sha256 for one in submissions.everything(again)}
        assert acknowledged.items() <= kept.items()
        assert len(kept) <= len(acknowledged) + turn + 1  # at most the one it was busy with
    assert len(acknowledged) > 20


def test_what_is_accepted_stands_in_the_next_report_and_what_is_withdrawn_does_not(contributed):
    report = contributed / "reports" / PILOT
    text = " ".join(p.read_text() for p in report.rglob("*.html"))
    assert "Elke knotwilg geteld" in text
    for gone in ("treurwilg", "8.765", "berk geteld"):
        assert gone not in text
