"""200 bad days, each from a seed: what is published is the whole table, or the last stays."""

import multiprocessing
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import pytest

from tests import ophalen
from tests.bronodata import Fault, Table, modified, rename_unit, renumber, vanish
from tests.bronserver import BronServer, Request
from tests.ophalen import ROWS, STAMPS, table
from wijkboek_utils import bronnen, columns, fetch, sources
from wijkboek_utils.download import ROUNDS

GROUPS, SEEDS = 8, 25
PAGE = 1000
WIRE = ["reset", "status", "truncated", "html", "drip"]
FALSE = ["repeat", "missing", "count", "empty"]  # an answer that looks right
PAGES = [r"Typed.*json$", *(rf"Typed.*skip={n}$" for n in range(PAGE, ROWS, PAGE))]
ABOUT = ["TableInfos", r"NED/\?", "DataProp", r"Buurten\?.*json$", "Perioden", r"\$count"]
TURNS = ["modified", "renumbered", "vanished", "unit"]
INHABITANTS = ("Aantal inwoners", "Bevolking")


class Turning(BronServer):
    """A server whose table changes when the nth request has come in."""

    turn: tuple[int, Table] | None = None

    def meets(self, request: Request) -> Fault | None:
        """Change the table at its moment."""
        if self.turn and len(self.log) >= self.turn[0]:
            self.tables = {self.turn[1].id: self.turn[1]}
        return super().meets(request)


@dataclass
class Day:
    """What goes wrong on a day, and whether a patient client should come through."""

    faults: list[Fault]
    turn: tuple[int, Table] | None
    passes: bool


@cache
def turned(kind: str, stamp: str) -> Table:
    """Return the table as it is after a change at the publisher."""
    changes = {
        "modified": lambda: table(seed=2),
        "renumbered": lambda: renumber(table()),
        "vanished": lambda: vanish(table(), *INHABITANTS),
        "unit": lambda: rename_unit(table(), *INHABITANTS, "x 1 000"),
    }
    return modified(changes[kind](), stamp)


def bad_day(seed: int) -> Day:
    """Return what goes wrong on one day."""
    random = Random(seed)
    faults, wire, false = [], Counter[str](), 0
    for _ in range(random.randint(0, 4)):
        kind = random.choice(WIRE + FALSE)
        where = random.choice(PAGES if random.random() < 0.6 else ABOUT)
        times = random.choice([1, 1, 1, 2, 2, 3, 4, 6])
        code, after = random.choice([(500, None), (503, None), (429, 1), (503, 30)])
        facts = {"code": code, "retry_after": after, "seconds": 1, "skip": random.choice([0, 0, 1])}
        faults.append(Fault(kind, where, times=times, by=random.choice([1, -1]), **facts))
        # Half a number is a number too.
        looks_right = kind in FALSE or (kind, where) == ("truncated", r"\$count")
        false += times * looks_right
        wire[where] += times * (not looks_right)
    turn = None
    if random.random() < 0.4:
        kind = random.choice(TURNS)
        stamp = STAMPS[2] if kind == "modified" or random.random() < 0.5 else STAMPS[1]
        turn = random.randint(2, 45), turned(kind, stamp)
    rounds = false + (turn is not None)
    passes = rounds < ROUNDS and max(wire.values(), default=0) < ophalen.HURRY.attempts
    return Day(faults, turn, passes and not (turn and has_other_unit(turn[1])))


def has_other_unit(one: Table) -> bool:
    """Return whether inhabitants are counted in something else."""
    units = [p["Unit"] for p in one.topics().values() if p["Title"] == INHABITANTS[0]]
    return bool(units) and units != ["aantal"]


def live_through(seed: int, server: Turning, raw: Path) -> str:
    """Go through a bad day and the day after; return how the bad day ended."""
    fetched, day = raw / "opgehaald", bad_day(seed)
    before = ophalen.prints(fetched)
    server.tables, server.turn, server.faults = {table().id: table()}, day.turn, day.faults
    server.log.clear()
    (result,) = ophalen.pull(server)
    now = [table()] + ([day.turn[1]] if day.turn else [])
    if result.failed:
        assert ophalen.prints(fetched) == before, "a failed pull left something behind"
        assert result.words.endswith(". De cijfers van 1 februari 2025 blijven in gebruik.")
        assert not day.passes, f"gave up on a day that passes: {result.words}"
    else:
        newest = fetch.held(bronnen.datasets()[ophalen.KWB], "NL")
        rows = sources.read_parquet(newest)
        assert any(ophalen.is_exactly(rows, t) and t.modified == newest.version for t in now)
        old = {(name, digest) for name, digest in before.items() if name.endswith(".parquet")}
        assert ophalen.prints(fetched).items() >= old, "an older vintage was touched"
    (last,) = server.tables.values()
    if has_other_unit(last):
        last = modified(table(), STAMPS[3])
    server.faults, server.turn, server.tables = [], None, {last.id: last}
    (again,) = ophalen.pull(server)
    assert not again.failed, f"the day after: {again.words}"
    newest = fetch.held(bronnen.datasets()[ophalen.KWB], "NL")
    assert newest.version == last.modified
    assert ophalen.is_exactly(sources.read_parquet(newest), last)
    assert not [*(fetched / ".bezig").iterdir()], "pages were left behind"
    return f"{'stayed' if result.failed else 'new'}{', passing' * day.passes}"


def live_through_group(group: int) -> tuple[Counter[str], list[str]]:
    """Return how the days of a group ended, and what went wrong with a promise. In a process."""
    columns.wanted = ophalen.only_topics_of(table())
    ended, complaints = Counter[str](), []
    with tempfile.TemporaryDirectory() as folder, Turning(page_rows=PAGE) as server:
        root = Path(folder)
        raw = ophalen.settle(root / "good")
        old = modified(table(rows=300), STAMPS[0])
        server.tables = {old.id: old}
        (first,) = ophalen.pull(server)
        manifest = first.source.path.with_name("manifest.yml")
        manifest.write_text(manifest.read_text().replace(first.source.retrieved, "2025-02-01"))
        for seed in range(group * SEEDS, (group + 1) * SEEDS):
            shutil.copytree(raw, root / str(seed) / "data" / "raw")
            try:
                ended[live_through(seed, server, ophalen.settle(root / str(seed)))] += 1
            except Exception:
                complaints.append(f"seed {seed}, {bad_day(seed)}: {traceback.format_exc()}")
            shutil.rmtree(root / str(seed))
    return ended, complaints


@pytest.fixture(scope="module")
def groups() -> Iterator[list[Future]]:
    """Return the bad days of all groups, of which two go at a time."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        yield [pool.submit(live_through_group, n) for n in range(GROUPS)]
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_bad_day_ends_with_the_whole_table_or_with_the_last_figures(groups, group):
    ended, complaints = groups[group].result()
    assert not complaints, "\n".join(complaints)
    assert ended.total() == SEEDS


def test_bad_days_end_in_both_ways_and_often(groups):
    ended = sum((g.result()[0] for g in groups), Counter[str]())
    assert ended["new, passing"] > 60 and ended["stayed"] > 40, ended
