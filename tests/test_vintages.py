"""The account of changes between two vintages: in words, and never a crash."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wijkboek_utils import sources, vintages

AREAS = ["GM0001    ", "BU00010001", "BU00010002"]


def vintage(folder: Path, name: str, topics: dict[str, list], **facts: Any) -> sources.Source:
    """Write a fetched table of some areas and return it; `facts` may set dimension and titles."""
    dimensions = facts.get("dimensions", {"WijkenEnBuurten": AREAS})
    titles, units = facts.get("titles", {}), facts.get("units", {})
    properties = [{"Type": "Dimension", "Key": key, "Title": key, "ID": 0} for key in dimensions]
    for key, values in topics.items():
        kind = "String" if any(isinstance(v, str) for v in values) else "Long"
        topic = {"Type": "Topic", "Key": key, "Title": titles.get(key, key), "ParentID": None}
        topic |= {"Unit": units.get(key, "aantal"), "Decimals": 0, "Datatype": kind, "ID": 1}
        properties.append(topic)
    about = {"DataProperties": properties}
    table = pa.table(dimensions | topics).replace_schema_metadata({"bron": json.dumps(about)})
    path = folder / f"{name}.parquet"
    pq.write_table(table, path)
    words = {"publisher": "CBS", "licence": "CC BY 4.0", "attribution": "CBS", "obtained": "test"}
    return sources.Source(
        id=name,
        series="kwb",
        path=path,
        title=name,
        table="85984NED",
        period="2024",
        url=None,
        retrieved="2026-01-01",
        modified=None,
        sha256=sources.sha256(path),
        dataset="kwb-2024",
        **words,
    )


@pytest.fixture
def compare(tmp_path):
    """Return what changed between two tables, each given as topics and facts."""

    def changes(old: dict, new: dict, before: dict | None = None, after: dict | None = None):
        one = vintage(tmp_path, "oud", old, **(before or {}))
        return vintages.compare(one, vintage(tmp_path, "nieuw", new, **(after or {})))

    return changes


def test_the_same_table_has_no_changes(compare):
    assert compare({"Inwoners": [3, 1, None]}, {"Inwoners": [3, 1, None]}) == []


def test_values_are_counted_by_what_became_of_them_with_the_largest_difference(compare):
    (line,) = compare({"Inwoners": [30, None, 5]}, {"Inwoners": [90, 4, None]})
    assert line == (
        "Inwoners (-): 1 cijfer nieuw, 1 cijfer vervallen, 1 cijfer gewijzigd; het meest bij "
        "GM0001: was 30, is nu 90"
    )


def test_areas_that_came_and_went_are_named_and_the_others_compared(compare):
    after = {"dimensions": {"WijkenEnBuurten": [*AREAS[:2], "BU00010009"]}}
    lines = compare({"Inwoners": [3, 1, 2]}, {"Inwoners": [3, 7, 2]}, after=after)
    assert lines[:2] == ["nieuw: 1 gebied (BU00010009)", "vervallen: 1 gebied (BU00010002)"]
    assert lines[2].endswith("1 cijfer gewijzigd; het meest bij BU00010001: was 1, is nu 7")


def test_another_number_of_a_column_is_no_change_and_another_title_is(compare):
    titles = {"titles": {"A_1": "Auto's"}}, {"titles": {"A_9": "Auto's"}}
    assert compare({"A_1": [1, 2, 3]}, {"A_9": [1, 2, 3]}, *titles) == []
    lines = compare({"A_1": [1, 2, 3]}, {"B_1": [1, 2, 3]})
    assert lines == ["nieuw: 1 kolom (B_1 (-))", "vervallen: 1 kolom (A_1 (-))"]


def test_a_unit_that_changed_is_named(compare):
    units = {"units": {"A": "euro"}}, {"units": {"A": "x 1 000 euro"}}
    lines = compare({"A": [1, 2, 3]}, {"A": [1, 2, 3]}, *units)
    assert lines == ["A (-): eenheid was euro, is nu x 1 000 euro"]


@pytest.mark.parametrize(
    ("old", "new"), [([1, 2, 3], ["a", "b", "c"]), (["a", "b", "c"], [1, 2, 3])]
)
def test_numbers_that_became_words_are_counted_without_a_difference(compare, old, new):
    assert compare({"A": old}, {"A": new}) == ["A (-): 3 cijfers gewijzigd"]


def test_two_columns_of_one_name_are_told_apart_by_number(compare):
    titles = {"titles": {"A_1": "Totaal", "A_2": "Totaal"}}
    lines = compare(
        {"A_1": [1, 2, 3], "A_2": [4, 5, 6]}, {"A_1": [1, 2, 3], "A_2": [4, 5, 7]}, titles, titles
    )
    assert lines == ["Totaal (-) A_2: 1 cijfer gewijzigd; het meest bij BU00010002: was 6, is nu 7"]


@pytest.mark.parametrize("turn", [1, -1])
def test_a_table_with_another_dimension_is_said_to_be_arranged_otherwise(compare, turn):
    more = {"dimensions": {"WijkenEnBuurten": AREAS, "Perioden": ["2024JJ00"] * 3}}
    lines = compare({"A": [1, 2, 3]}, {"A": [1, 2, 3]}, *[{}, more][::turn])
    assert len(lines) == 1 and lines[0].startswith("anders ingedeeld: was WijkenEnBuurten")
