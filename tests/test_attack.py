"""An attacker with everything we publish, and our own program, tries to find what is hidden.

The attackers have code of their own:
- one runs the program on every possible world and keeps those that give the same figures;
- one writes all published figures as equations and asks HiGHS for the least and most of each cell;
- one keeps the report of last year, one contributed a cell itself, one knows the total;
- one takes every file of two overlapping reports and looks for what was hidden.
They must also win where they should: against tables that are protected badly.
"""

import hashlib
import itertools
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from tests.clubs import PAID, PLACE, TOLD, WORK
from wijkboek_utils import pools, protect

FEW, WIDTH = 10, 5
A, B, C, D = "BU03440101", "BU03440102", "BU03440103", "BU03440201"
Cell = tuple[str, int, str]  # buurt, year, kind


# --- who runs the program on every possible world -------------------------------------------------


def figures(world: dict[tuple[str, int], int]) -> tuple[frozenset, set]:
    """Return what the program publishes of a world, and which cells it hides."""
    cells: dict[str, dict[int, int]] = {}
    for (buurt, year), value in world.items():
        cells.setdefault(buurt, {})[year] = value
    seen, hidden = [], set()
    for pool in pools.pools(cells):
        for year in {y for b, y in world if b in pool.buurten}:
            members = [(b, year) for b in pool.buurten if (b, year) in world]
            total = sum(world[cell] for cell in members) if year in pool.moments else None
            hidden |= set(members)
            seen.append((tuple(members), total))
    seen += [((cell,), value) for cell, value in world.items() if cell not in hidden]
    return frozenset(seen), hidden


def primary_only(world: dict[tuple[str, int], int]) -> tuple[frozenset, set]:
    """Return what is published when small cells are left out and the total is not."""
    hidden = {cell for cell, value in world.items() if value < FEW}
    seen = [(cell, value) for cell, value in world.items() if cell not in hidden]
    return frozenset([*seen, ("totaal", sum(world.values()))]), hidden


def smallest_joins(world: dict[tuple[str, int], int]) -> tuple[frozenset, set]:
    """Return what is published when the smallest safe cell joins: a common rule, and a leak."""
    small = [cell for cell, value in world.items() if value < FEW]
    safe = sorted((value, cell) for cell, value in world.items() if value >= FEW)
    members = [*small, safe[0][1]] if small and safe else small
    rest = [(cell, value) for cell, value in world.items() if cell not in members]
    return frozenset([*rest, (tuple(members), sum(world[c] for c in members))]), set(members)


def narrowest(cells: list[tuple[str, int]], top: int, program=figures) -> int:
    """Return the least room that any hidden cell has left, over all worlds up to `top` people."""
    low: dict[tuple, int] = {}
    high: dict[tuple, int] = {}
    for values in itertools.product(range(top + 1), repeat=len(cells)):
        world = dict(zip(cells, values, strict=True))
        seen, hidden = program(world)
        if any(isinstance(total, int) and total > top for _, total in seen):
            continue  # the worlds are cut off at the top: what is left there says nothing
        for cell in hidden:
            low[seen, cell] = min(low.get((seen, cell), top), world[cell])
            high[seen, cell] = max(high.get((seen, cell), 0), world[cell])
    return min(high[key] - low[key] for key in low)


@pytest.mark.parametrize(
    ("cells", "top"),
    [
        ([(A, 1), (B, 1)], 60),
        ([(A, 1), (B, 1), (C, 1)], 30),
        ([(A, 1), (C, 1), (D, 1)], 30),  # two wijken
        ([(A, 1), (A, 2), (B, 1), (B, 2)], 17),  # two years
        ([(A, 1), (A, 2), (B, 1), (C, 2)], 15),  # not all of them in both
        ([(A, 1), (B, 1), (C, 1), (D, 1)], 14),
    ],
)
def test_who_runs_our_program_on_every_possible_world_learns_too_little(cells, top):
    assert narrowest(cells, top) >= WIDTH


def test_that_attack_does_win_against_lesser_rules():
    assert narrowest([(A, 1), (B, 1), (C, 1)], 20, primary_only) == 0
    assert narrowest([(A, 1), (B, 1), (C, 1)], 24, smallest_joins) == 0


# --- who writes all published figures as equations ------------------------------------------------


def equations(table: pd.DataFrame) -> Iterator[tuple[dict[Cell, float], float]]:
    """Yield what a published table says: cells with their weights, and the amount they add up to.

    `table` has `jaar`, `soort`, `hoeveelheid`, and the place as `samen`, `weights` or `buurt`.
    """
    for row in table[table["hoeveelheid"].notna()].to_dict("records"):
        weights = row.get("weights")
        if not isinstance(weights, dict):
            place = row["samen"] if isinstance(row.get("samen"), str) else row["buurt"]
            weights = dict.fromkeys(place.split(";"), 1.0)
        kinds = row["soort"].split("+")
        cells = {(b, row["jaar"], k): w for b, w in weights.items() for k in kinds}
        yield cells, row["hoeveelheid"]


def room(
    tables: list[pd.DataFrame], truth: dict[Cell, int], known: set[Cell] = frozenset()
) -> dict[Cell, int]:
    """Return per small cell how much room is left between its least and its most.

    The attacker knows which cells exist, that they are whole numbers, which of them are below ten
    and which are not, and the cells in `known`.
    """
    names = {cell: i for i, cell in enumerate(sorted(truth))}
    found = [pair for table in tables for pair in equations(table)]
    found += [({cell: 1.0}, truth[cell]) for cell in known]
    found = [({c: w for c, w in cells.items() if c in names}, total) for cells, total in found]
    row = [i for i, (cells, _) in enumerate(found) for _ in cells]
    column = [names[cell] for cells, _ in found for cell in cells]
    weight = [w for cells, _ in found for w in cells.values()]
    matrix = csr_array((weight, (row, column)), shape=(len(found), len(names)))
    totals = np.array([total for _, total in found], dtype=float)
    small = np.array([truth[cell] < FEW for cell in names])
    bounds = Bounds(np.where(small, 0, FEW), np.where(small, FEW - 1, np.inf))
    limits = LinearConstraint(matrix, totals - 1e-6, totals + 1e-6)
    left = {}
    for cell in (c for c in names if truth[c] < FEW):
        goal = np.zeros(len(names))
        goal[names[cell]] = 1
        ends = []
        for sign in (1, -1):
            done = milp(sign * goal, integrality=1, bounds=bounds, constraints=limits)
            assert done.success, "de gepubliceerde cijfers spreken elkaar tegen"
            ends.append(done.x @ goal)
        left[cell] = round(ends[1] - ends[0])
    return left


def counted(seed: int) -> pd.DataFrame:
    """Return made-up counts of volunteers: three wijken, two kinds, two years, some not counted."""
    draw = np.random.default_rng(seed)
    rows = [
        {"buurt": f"BU0344{wijk:02d}{n:02d}", "jaar": year, "soort": kind}
        for wijk in (1, 2, 3)
        for n in range(1, 5)
        for year in (2023, 2024)
        for kind in ("sport", "zorg")
        if draw.random() > 0.1
    ]
    table = pd.DataFrame(rows)
    return table.assign(hoeveelheid=draw.integers(0, 45, len(table)))


def true_cells(table: pd.DataFrame) -> dict[Cell, int]:
    keys = zip(table["buurt"], table["jaar"], table["soort"], strict=True)
    return dict(zip(keys, table["hoeveelheid"], strict=True))


def areas(buurten: list[str], seed: int) -> list[dict[str, float]]:
    """Return areas to publish totals of: the gemeente, its wijken, complements and overlaps."""
    draw = np.random.default_rng(seed)
    found = [dict.fromkeys(buurten, 1.0)]
    found += [{b: 1.0 for b in buurten if b[6:8] == wijk} for wijk in ("01", "02", "03")]
    picked = [{b for b in buurten if draw.random() < 0.5} for _ in range(4)]
    found += [dict.fromkeys(p, 1.0) for p in picked]
    found += [{b: 1.0 for b in buurten if b not in p} for p in picked]
    found += [{b: float(draw.choice([0, 0.25, 0.5, 1])) for b in buurten} for _ in range(2)]
    return found


def totals(rows: pd.DataFrame, weights: dict[str, float]) -> pd.DataFrame:
    """Return published totals of an area as equations: a lower bound is no equation of the area.

    What the total does add up is what the reader is told: the cells and pools that lie in it.
    """
    table = protect.area(rows, pd.Series(weights, dtype=float), ["soort"])
    shown = rows[rows["hoeveelheid"].notna()]
    found = []
    for total in table.dropna(subset="hoeveelheid").to_dict("records"):
        mine = shown[(shown["jaar"] == total["jaar"]) & (shown["soort"] == total["soort"])]
        places = mine["samen"].fillna(mine["buurt"]).str.split(";")
        whole = [ms for ms in places if len({weights.get(b, 0.0) for b in ms}) == 1]
        parts = {b: weights[b] for ms in whole for b in ms if weights.get(b, 0.0) > 0}
        area = {b: w for b, w in weights.items() if w > 0}
        found.append({**total, "weights": parts if total["ten_minste"] else area})
    return pd.DataFrame(found)


def over_kinds(table: pd.DataFrame) -> pd.DataFrame:
    """Return totals of all kinds, of places where every kind is published."""
    place = table["samen"].fillna(table["buurt"]) if "samen" in table else table["buurt"]
    shown = table.assign(place=place)[table["hoeveelheid"].notna()]
    groups = shown.groupby(["place", "jaar"])
    both = groups.agg(hoeveelheid=("hoeveelheid", "sum"), soort=("soort", "+".join)).reset_index()
    return both.rename(columns={"place": "samen"})


@pytest.mark.parametrize("seed", range(6))
def test_equations_of_all_published_tables_leave_every_small_cell_open(seed):
    table = counted(seed)
    truth = true_cells(table)
    rows = protect.counts(table, ["soort"])
    published = [rows, over_kinds(rows)]
    published += [totals(rows, weights) for weights in areas(sorted(set(table["buurt"])), seed)]
    left = room(published, truth)
    assert len(left) > 4 and min(left.values()) >= WIDTH


def test_the_same_attack_finds_the_cells_of_a_table_without_secondary_suppression():
    table = counted(0)
    truth, buurten = true_cells(table), sorted(set(table["buurt"]))
    rows = table.assign(hoeveelheid=table["hoeveelheid"].where(table["hoeveelheid"] >= FEW))
    wijken = []
    for weights in areas(buurten, 0)[:4]:
        inside = table[table["buurt"].isin(list(weights))]
        sums = inside.groupby(["jaar", "soort"], as_index=False)["hoeveelheid"].sum()
        wijken.append(sums.assign(weights=[weights] * len(sums)))
    left = room([rows, *wijken], truth)
    assert sum(width == 0 for width in left.values()) > 5


def test_two_overlapping_areas_give_away_what_lies_between_them_unless_pooled():
    table = pd.DataFrame(
        {"buurt": [A, B, C, D], "jaar": 2024, "soort": "zorg", "hoeveelheid": [30, 4, 25, 50]}
    )
    truth, both = true_cells(table), [[A, B, C], [A, C]]
    naive = pd.DataFrame(
        [
            {
                "jaar": 2024,
                "soort": "zorg",
                "weights": dict.fromkeys(area, 1.0),
                "hoeveelheid": table.loc[table["buurt"].isin(area), "hoeveelheid"].sum(),
            }
            for area in both
        ]
    )
    assert room([naive], truth) == {(B, 2024, "zorg"): 0}
    rows = protect.counts(table, ["soort"])
    ours = [totals(rows, dict.fromkeys(area, 1.0)) for area in both]
    assert room([rows, *ours], truth)[B, 2024, "zorg"] >= WIDTH


@pytest.mark.parametrize("seed", range(4))
def test_who_contributed_one_cell_cannot_solve_those_of_others(seed):
    table = counted(seed)
    table["bron"] = table["buurt"]  # every buurt was counted by somebody else
    truth = true_cells(table)
    rows = protect.counts(table, ["soort"], owner="bron")
    for own in sorted(set(table["buurt"])):
        known = {cell for cell in truth if cell[0] == own}
        left = {c: w for c, w in room([rows], truth, known).items() if c not in known}
        assert min(left.values()) >= WIDTH, own


def test_without_that_setting_a_contributor_can_solve_its_neighbour():
    table = pd.DataFrame({"buurt": [A, B], "jaar": 2024, "soort": "zorg", "hoeveelheid": [7, 30]})
    truth = true_cells(table)
    rows = protect.counts(table, ["soort"])
    assert room([rows], truth)[A, 2024, "zorg"] >= WIDTH
    assert room([rows], truth, {(B, 2024, "zorg")})[A, 2024, "zorg"] == 0


# --- who knows what the gemeente pays in all, and what it got itself ------------------------------


def paid(seed: int) -> pd.DataFrame:
    """Return made-up payments of a gemeente to firms: few or many in a buurt, even or lopsided."""
    draw = np.random.default_rng(seed)
    rows = [
        {"buurt": f"BU034401{n:02d}", "jaar": year, "ontvanger": f"firma {n}-{i}", "bedrag": amount}
        for n in range(1, 9)
        for year in (2023, 2024)
        for i, amount in enumerate(draw.pareto(1.0, draw.integers(1, 15)) * 1000 + 100)
    ]
    return pd.DataFrame(rows).assign(van="gemeente", naar="bedrijven", taakveld="6.1")


def nearest(table: pd.DataFrame, hidden: pd.Series) -> float:
    """Return how near the best-placed party comes to a hidden amount, as a share of it.

    It knows the total of every year, all published cells and its own part: what is left over is an
    upper bound of every other amount, of a party as of a cell.
    """
    gaps = []
    for _, year in table[hidden].groupby("jaar"):
        total = year["bedrag"].sum()
        cells = year.groupby("buurt")["bedrag"].sum()
        gaps += [(total - cell) / cell for cell in cells]
        parts = year.groupby("ontvanger")["bedrag"].sum().sort_values(ascending=False)
        gaps += [(total - parts.iloc[0] - parts.iloc[1]) / parts.iloc[0] if len(parts) > 1 else 0.0]
    return min(gaps)


@pytest.mark.parametrize("seed", range(8))
def test_who_knows_the_total_and_its_own_part_stays_ten_per_cent_off(seed):
    table = paid(seed)
    hidden = protect.money(table)
    assert hidden.any()
    assert hidden.all() or nearest(table, hidden) >= 0.1
    published = table[~hidden]
    for _, cell in published.groupby(["buurt", "jaar"]):
        parts = cell["bedrag"].sort_values(ascending=False)
        assert parts.iloc[2:].sum() >= 0.1 * parts.iloc[0]


def test_with_only_the_unsafe_cells_hidden_the_total_gives_them_away():
    near = []
    for seed in range(8):
        table = paid(seed)
        parts = table.groupby(["buurt", "jaar"])["bedrag"]
        lone = (
            table[["buurt", "jaar"]].apply(tuple, axis=1).isin(parts.size()[lambda n: n < 3].index)
        )
        near += [nearest(table, lone)] if lone.any() else []
    assert min(near) < 0.1


# --- who keeps the reports of last year -----------------------------------------------------------


def test_a_report_and_the_one_after_it_together_leave_every_small_cell_open():
    draw = np.random.default_rng(1)
    for seed in range(5):
        everything = counted(seed)
        first = everything[draw.random(len(everything)) < 0.6].reset_index(drop=True)
        gone = first[draw.random(len(first)) < 0.15]  # withdrawn after the first report
        second = everything.merge(gone, how="left", indicator=True)
        second = second[second.pop("_merge") == "left_only"].reset_index(drop=True)
        before = protect.counts(first, ["soort"])
        earlier = protect.released(before, ["soort"])
        after = protect.counts(second, ["soort"], earlier=earlier)
        assert min(room([before, after], true_cells(everything)).values()) >= WIDTH
        careless = room([before, protect.counts(second, ["soort"])], true_cells(everything))
        assert min(careless.values()) < WIDTH


# --- who takes the report itself: every file of two overlapping pilots ----------------------------


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every published file.

    Of a workbook what is in its cells, of a zip file each file in it.
    """
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as packed:
                for part in packed.namelist():
                    yield f"{name}, {part}", packed.read(part).decode("utf-8", "replace")
            continue
        if path.suffix != ".xlsx":
            yield name, path.read_bytes().decode("utf-8", "replace")
            continue
        with zipfile.ZipFile(path) as book:
            for part in (p for p in book.namelist() if p.endswith(".xml")):
                xml = book.read(part).decode("utf-8", "replace")
                # The number in a cell of the type s is the place of a text, no figure.
                figures = re.findall(r"<c (?![^>]*t=\"s\")[^>]*><v>([^<]*)</v>", xml)
                yield (
                    f"{name}, {part}",
                    " ".join([*figures, *re.findall(r"<t\b[^>]*>([^<]*)<", xml)]),
                )


def standing(numbers: list[int], files: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return where numbers stand, however they are written: 7331, 7.331, 7331.0, 7 331.

    Not within a checksum, where any four digits come by.
    """
    ways = "|".join(rf"{n // 1000}[.,\s\u00a0]?{n % 1000:03d}" for n in numbers)
    wanted = re.compile(rf"(?<![\d.,])(?:{ways})(?!\d|[.,]\d*[1-9])")
    sums = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
    return [(name, n) for name, text in files for n in wanted.findall(sums.sub("", text))]


def in_sheet(sheet: Any) -> pd.DataFrame | None:
    """Return the table of a sheet when it has places: its header is in one of the first rows."""
    rows = sheet.iter_rows(values_only=True)
    for row in itertools.islice(rows, 12):
        if {"buurt", "samen"} <= set(row):
            return pd.DataFrame(rows, columns=[str(name) for name in row]).astype("str")
    return None


def registers(folder: Path) -> list[pd.DataFrame]:
    """Return all published tables with counts per buurt, from CSV and workbooks, as equations."""
    tables = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".csv":
            tables.append(pd.read_csv(path, dtype=str))
        elif path.suffix == ".xlsx":
            book = openpyxl.load_workbook(path, read_only=True)
            tables += [table for sheet in book if (table := in_sheet(sheet)) is not None]
    found = []
    for table in tables:
        table = table.loc[:, table.columns.notna() & ~table.columns.duplicated()]
        if not {"buurt", "jaar", "naam", "methode", "samen"} <= set(table):
            continue
        table = table[table["methode"] == "lokaal"]
        for column in {"hoeveelheid", "mensen"} & set(table):
            facts = table.assign(hoeveelheid=pd.to_numeric(table[column]), soort=table["naam"])
            found.append(facts.assign(jaar=facts["jaar"].astype(float).astype(int)))
    return found


def truth_of_report() -> dict[Cell, int]:
    names = {"vrijwilliger": "Vrijwilligers", "mantelzorger": "Mantelzorger"}
    truth = {
        (b, year, names[wat]): n
        for (wat, year), row in TOLD.items()
        for b, n in zip(PLACE.values(), row, strict=True)
        if n is not None
    }
    return truth | {(PLACE[b], 2023, "Klussen"): n for b, (n, *_) in WORK.items()}


def test_no_hidden_hour_or_euro_stands_in_any_published_file(contributed):
    hidden = [n for b in ("zuid", "noord") for n in WORK[b][1:]]
    hidden += [*PAID["zuid"], *PAID["noord"], *PAID["transwijk"]]
    hidden.append(sum(PAID["transwijk"]))
    files = list(texts(contributed / "reports"))
    assert standing(hidden, files) == []
    assert standing([sum(WORK[b][1] for b in ("zuid", "noord"))], files)  # the search can find


def test_equations_of_the_report_leave_every_small_cell_open(contributed):
    truth = truth_of_report()
    kinds = {kind for _, _, kind in truth}  # of the work of others see test_plans_report
    tables = [t[t["soort"].isin(kinds)] for t in registers(contributed / "reports")]
    told = {cell for table in tables for cells, _ in equations(table) for cell in cells}
    assert told >= {c for c, n in truth.items() if n >= FEW}  # the tables were found and read
    left = room(tables, truth)
    assert len(left) == 4 and min(left.values()) >= WIDTH


def test_a_checksum_does_not_confirm_a_guess(contributed):
    """A checksum of a file that is known but for one number tells which guess was right.

    So the stored file must hold something that nobody outside can know: the column `zegel`.
    """
    published = "".join(text for _, text in texts(contributed / "reports"))
    stored = list((contributed / "data" / "raw" / "lokaal" / "utrecht-kanaleneiland").glob("*.csv"))
    assert len(stored) >= 3
    for path in stored:
        table = pd.read_csv(path, dtype=str)
        guessed = table[[column for column in table if column != "zegel"]]
        content = guessed.to_csv(index=False, lineterminator="\n").encode()
        assert hashlib.sha256(content).hexdigest() not in published
