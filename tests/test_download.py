"""A pull that is killed, shut out, out of disk or misled leaves the last figures in use."""

import errno
import json
import os
import resource
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests import brondata, ophalen
from tests.bronodata import Fault, modified
from tests.bronserver import Answer, BronServer
from tests.conftest import command
from tests.ophalen import STAMPS, table
from wijkboek_utils import bronnen, columns, download, fetch, net, sources
from wijkboek_utils.errors import Fout

MANY = brondata.generated(1500, 40)
MOMENTS = 10
TYPED = r"TypedDataSet\?"


@pytest.fixture(autouse=True)
def own_project(monkeypatch) -> Iterator[None]:
    """Let the tests that come after this one see their own project again."""
    yield
    monkeypatch.undo()
    ophalen.forget()


class Stop(list):
    """A log of requests that holds up the last of so many until it is told to go on."""

    def __init__(self, requests: int) -> None:
        super().__init__()
        self.requests, self.there, self.go_on = requests, threading.Event(), threading.Event()

    def append(self, request: object) -> None:
        super().append(request)
        if len(self) >= self.requests:
            self.there.set()
            self.go_on.wait(60)


def killed(root: Path, server: BronServer, requests: int, later: float | None = None) -> None:
    """Fetch as a user does, and kill the process when this many requests have come in.

    The last is not answered, or with `later` it is, and the kill comes so many seconds after that.
    """
    server.log = log = Stop(requests)
    with ophalen.start(root, server, "NL", "--only", ophalen.KWB) as process:
        while not log.there.wait(0.05) and process.poll() is None:
            pass
        if later is not None:
            log.go_on.set()
            time.sleep(later)
        process.kill()
    log.go_on.set()
    server.log = []


def test_a_killed_fetch_goes_on_where_it_was(tmp_path, monkeypatch):
    old, random = modified(MANY, STAMPS[0]), Random(1)
    with BronServer([old], page_rows=75) as server:
        ophalen.settle(tmp_path / "old", monkeypatch.setattr)
        ophalen.pull(server)
        server.tables = {MANY.id: MANY}
        shutil.copytree(tmp_path / "old", tmp_path / "whole")
        ophalen.settle(tmp_path / "whole", monkeypatch.setattr)
        server.log.clear()
        whole = ophalen.pull(server)[0].source.sha256
        pages, total = server.asked(TYPED), len(server.log)
        kept = []
        for n in range(MOMENTS):
            root = tmp_path / str(n)
            shutil.copytree(tmp_path / "old", root)
            # A few during the description, most during the rows, and two at the end.
            moment = 12 * n if n < 3 else total - len(pages) + len(pages) * (n - 3) // (MOMENTS - 5)
            later = random.random() / 2 if moment >= total else None
            killed(root, server, max(1, min(moment, total)), later)
            raw = ophalen.settle(root, monkeypatch.setattr)
            for source in sources.catalogue().values():
                assert ophalen.is_exactly(
                    sources.read_parquet(source), old if source.version == STAMPS[0] else MANY
                )
            states = [*(raw / "opgehaald" / ".bezig").glob("*/stand.json")]
            done = len(json.loads(states[0].read_text())["pages"]) if states else 0
            known = len(sources.catalogue())
            server.log.clear()
            (result,) = ophalen.pull(server)
            assert not result.failed
            assert server.asked(TYPED) == (pages[done:] if known == 1 else [])
            assert fetch.held(result.dataset, "NL").sha256 == whole
            kept.append(done if known == 1 else -1)
    assert len(set(kept)) > 5, f"kills came at few pages: {kept}"


# One at a time, and a full disk.


def test_a_second_fetch_is_refused_at_once_and_a_killed_one_holds_no_lock(tmp_path):
    slow = Fault("drip", TYPED, seconds=60)
    with BronServer([table(rows=300)], faults=[slow]) as server:
        with ophalen.start(tmp_path, server, "NL", "--only", ophalen.KWB) as holder:
            while not server.asked(TYPED):
                time.sleep(0.01)
            begin = time.monotonic()
            second = command(
                "fetch", "NL", "--only", ophalen.KWB, root=tmp_path, server=server.address
            )
            assert second.returncode and "Er loopt al een `wijkboek fetch`" in second.stderr
            assert time.monotonic() - begin < 10 and holder.poll() is None
            holder.kill()
        after = command("fetch", "NL", "--only", ophalen.KWB, root=tmp_path, server=server.address)
    assert after.returncode == 0, after.stderr


@pytest.fixture
def held(tmp_path, monkeypatch) -> Iterator[BronServer]:
    """Return a server with news for a project that holds an older vintage."""
    monkeypatch.setattr(columns, "wanted", ophalen.only_topics_of(table()))
    ophalen.settle(tmp_path, monkeypatch.setattr)
    with BronServer([modified(table(rows=500), STAMPS[0])], page_rows=100) as server:
        ophalen.pull(server)
        server.tables = {table().id: table(rows=300)}
        yield server


@pytest.mark.parametrize("most", [800, 5000])
def test_a_full_disk_leaves_the_last_figures_and_is_said(held, tmp_path, most):
    before = ophalen.prints(tmp_path)
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, most))
    arguments = ["NL", "--only", ophalen.KWB]
    with ophalen.start(tmp_path, held, *arguments, preexec_fn=limit) as process:
        said = process.communicate()[1]
    assert process.returncode and "Traceback" not in said
    assert "kan niet worden gelezen of bewaard" in said and said.endswith("staan er nog.\n")
    assert ophalen.prints(tmp_path) == before
    assert not ophalen.pull(held)[0].failed


WRITES = [
    (os, "fsync"),
    (os, "replace"),
    (download.pq, "write_table"),
    (download.pq, "ParquetWriter"),
]
SAYS = {
    errno.ENOSPC: "De schijf is vol",
    errno.EROFS: "alleen te lezen",
    errno.EACCES: "U mag niet bij",
    errno.EDQUOT: "ruimte op de schijf is op",
    errno.EIO: "kan niet worden gelezen of bewaard",
    0: "the power goes",
}


class PowerCut(BaseException):
    """Nothing in the program may catch this."""


@pytest.mark.parametrize(("module", "name"), WRITES, ids=[name for _, name in WRITES])
@pytest.mark.parametrize("code", SAYS)
def test_whichever_write_fails_the_last_figures_stay(
    held, tmp_path, monkeypatch, module, name, code
):
    (last,), write = sources.catalogue().values(), getattr(module, name)
    proven = sources.read_bytes(last)
    shutil.copytree(tmp_path, tmp_path / "good")
    for number in range(100):
        calls = iter(range(1000))

        def fails(*arguments, number=number, calls=calls, **options):
            if next(calls) == number:
                raise OSError(code, os.strerror(code)) if code else PowerCut
            return write(*arguments, **options)

        monkeypatch.setattr(module, name, fails)
        try:
            if not ophalen.pull(held)[0].failed:
                break
        except Fout as fout:
            assert SAYS[code] in str(fout) and "staan er nog" in str(fout)
        except PowerCut:
            pass
        finally:
            monkeypatch.setattr(module, name, write)
            ophalen.forget()
        assert [*sources.catalogue().values()] == [last] and sources.read_bytes(last) == proven
        assert not ophalen.pull(held)[0].failed
        newest = fetch.held(bronnen.datasets()[ophalen.KWB], "NL")
        assert ophalen.is_exactly(sources.read_parquet(newest), table(rows=300))
        shutil.rmtree(tmp_path / "data")
        shutil.copytree(tmp_path / "good" / "data", tmp_path / "data")
        ophalen.forget()
    assert number > 0, "nothing failed"


def test_a_damaged_file_is_not_read_and_is_fetched_again(held):
    (good,) = (result.source for result in ophalen.pull(held))
    whole = good.path.read_bytes()
    for damage in (whole[:-1], whole[:50] + b"\0" + whole[51:], None):
        good.path.unlink()
        if damage:
            good.path.write_bytes(damage)
        with pytest.raises(Fout, match="controlesom" if damage else "niet te lezen"):
            sources.read_bytes(good)
        (result,) = ophalen.pull(held)
        assert not result.failed and good.path.read_bytes() == whole
        assert len(sources.catalogue()) == 2


def test_news_is_taken_up_also_when_the_last_file_was_damaged(held):
    (last,) = sources.catalogue().values()
    last.path.write_bytes(b"")
    (result,) = ophalen.pull(held)
    assert not result.failed, result.words
    assert ophalen.is_exactly(sources.read_parquet(result.source), table(rows=300))


# Odd publishers.


def test_a_handshake_that_breaks_off_may_pass_and_is_no_wrong_certificate():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        heard = []

        def hang_up():
            while True:
                connection, _ = listener.accept()
                heard.append(connection.recv(10_000))
                connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        line = net.Line(ophalen.HURRY, f"https://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(net.Onbereikbaar) as raised:
            line.get_json("https://opendata.cbs.nl/ODataApi")
    assert "certificaat" not in str(raised.value) and len(heard) == 3


@pytest.mark.parametrize("value", [5.5, 2**70, "5", True, [1]])
def test_a_value_that_does_not_fit_its_column_is_refused_and_not_rounded(held, tmp_path, value):
    before, good = ophalen.prints(tmp_path), table(rows=300)
    key = good.find("Mannen", "Bevolking > Geslacht")
    odd = [value, *good.columns[key][1:]]
    held.tables = {good.id: replace(good, columns=good.columns | {key: odd})}
    (result,) = ophalen.pull(held)
    assert result.failed and "een waarde past niet bij haar kolom" in result.words
    assert ophalen.prints(tmp_path) == before


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b'{"value":[null]}', b'{"value":[1]}'])
@pytest.mark.parametrize("part", ["TableInfos", "DataProperties", "TypedDataSet", "$count"])
def test_json_that_is_no_table_is_said(held, monkeypatch, part, body):
    answer = held.answer

    def odd(path, *rest):
        return Answer(body, "application/json") if path.endswith(part) else answer(path, *rest)

    monkeypatch.setattr(held, "answer", odd)
    (result,) = ophalen.pull(held)
    assert result.failed and result.words.endswith("blijven in gebruik.")


def test_a_table_that_is_empty_for_a_while_leaves_the_last_figures(held, tmp_path):
    before, good = ophalen.prints(tmp_path), table(rows=300)
    held.tables = {good.id: replace(good, columns={name: [] for name in good.columns})}
    (result,) = ophalen.pull(held)
    assert result.failed and result.words.endswith("blijven in gebruik.")
    assert ophalen.prints(tmp_path) == before


def test_every_vintage_stays_when_a_publisher_goes_back_to_an_older_one(held):
    stamps = [f"2025-02-02T0{hour}:00:00" for hour in (1, 2, 3, 2)]
    for stamp in stamps:
        held.tables = {table().id: modified(table(rows=300), stamp)}
        assert not ophalen.pull(held)[0].failed
    kept = {source.version for source in sources.catalogue().values()}
    assert kept == {STAMPS[0], *stamps}


def test_a_pull_that_broke_off_does_not_go_on_at_another_server(held):
    held.faults = [Fault("status", "skip=200", times=99)]
    assert ophalen.pull(held)[0].failed
    with BronServer(held.tables.values(), page_rows=100) as other:
        assert not ophalen.pull(other)[0].failed
        assert len(other.asked(TYPED)) == 3


def test_pages_of_an_older_version_are_not_used(held):
    held.faults = [Fault("status", "skip=200", times=3)]
    assert ophalen.pull(held)[0].failed
    news = modified(table(seed=2, rows=300), STAMPS[3])
    held.tables = {news.id: news}
    (result,) = ophalen.pull(held)
    assert ophalen.is_exactly(sources.read_parquet(result.source), news)


def test_a_finished_page_that_was_damaged_is_asked_again(held, tmp_path):
    held.faults = [Fault("status", "skip=200", times=3)]
    assert ophalen.pull(held)[0].failed
    (page,) = tmp_path.rglob("00001.parquet")
    first = page.with_name("00000.parquet")
    page.write_bytes(first.read_bytes())
    held.log.clear()
    (result,) = ophalen.pull(held)
    assert len(held.asked(TYPED)) == 3
    assert ophalen.is_exactly(sources.read_parquet(result.source), table(rows=300))


def test_a_damaged_file_is_fetched_again_also_with_since(held):
    (result,) = ophalen.pull(held)
    result.source.path.write_bytes(b"")
    assert not ophalen.pull(held, since="2026-01-01")[0].failed
    assert sources.read_bytes(result.source)
