"""Notebooks run side by side where neither waits for the other."""

import json
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT
from wijkboek_utils import folders, order

TABLES = st.frozensets(st.sampled_from("abcd"), max_size=3)


def book(folder: Path, name: str, *cells: str) -> Path:
    path = folder / f"{name}.ipynb"
    content = {"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]}
    path.write_text(json.dumps(content))
    return path


def names(books: list[Path]) -> list[list[str]]:
    return [[path.stem for path in wave] for wave in order.waves(books)]


def test_a_notebook_waits_for_the_tables_that_it_names_and_a_chapter_for_the_books(tmp_path):
    books = [
        book(tmp_path, "01_a", 'sources.write_table(pilot, "a", tabel)'),
        book(tmp_path, "02_b", "%matplotlib inline", 'namen = ["a"]', 'write_table(p, "b", x)'),
        book(tmp_path, "03_c", 'read_table(pilot, "a")', 'write_table(pilot, "grootboek", x)'),
        book(tmp_path, "04_d", 'read_table(pilot, "grootboek")', 'write_table(pilot, "d", x)'),
        book(tmp_path, "11_e", "area_flows.read(pilot)"),
        book(tmp_path, "12_f", 'read_table(pilot, "d")'),
    ]
    assert names(books) == [["01_a"], ["02_b", "03_c"], ["04_d", "11_e"], ["12_f"]]
    assert names(books[-2:]) == [["11_e", "12_f"]] and names([]) == []


def test_of_our_notebooks_those_about_money_run_beside_the_plans():
    waves = order.waves(folders.notebooks(ROOT / "notebooks"))
    found = {path.stem[:2]: n for n, wave in enumerate(waves) for path in wave}
    assert found["03"] == found["04"] and found["08"] == found["12"] < found["16"]
    assert [path for wave in waves for path in wave if not order.is_chapter(path)] == sorted(
        path for wave in waves for path in wave if not order.is_chapter(path)
    )


@given(books=st.lists(st.tuples(TABLES, TABLES), max_size=7))
def test_each_reads_what_it_would_read_one_after_the_other(books):
    def read(in_turn: list[int]) -> dict[int, dict[str, int]]:
        """Return of which notebook each table was that each found, run in some order."""
        there, found = dict[str, int](), dict[int, dict[str, int]]()
        for number in in_turn:
            reads, writes = books[number]
            found[number] = {name: there[name] for name in reads if name in there}
            there |= dict.fromkeys(writes, number)
        return found

    with tempfile.TemporaryDirectory() as folder:
        paths = [
            book(
                Path(folder),
                f"0{n}",
                f"{sorted(reads)}",
                *(f"write_table(p, {w!r}, t)" for w in writes),
            )
            for n, (reads, writes) in enumerate(books)
        ]
        waves = [[int(name) for name in wave] for wave in names(paths)]
    sequence = list(range(len(books)))
    assert sorted(number for wave in waves for number in wave) == sequence
    assert read([n for wave in waves for n in reversed(wave)]) == read(sequence)
