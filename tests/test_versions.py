"""What users may count on: columns that stay, figures that move only with a reason, one version."""

import hashlib
import os
import re
import tomllib

import pandas as pd
import pytest

from tests import schemas
from tests.conftest import ROOT
from wijkboek_utils import exports

GOLDEN = ROOT / "tests" / "golden"
COLUMNS, FIGURES = GOLDEN / "kolommen.csv", GOLDEN / "cijfers.csv"
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
NEW = os.environ.get("WIJKBOEK_GOLDEN") == "new"


def table(path):
    return pd.read_csv(path, dtype="str", keep_default_na=False)


def what(*rows):
    return pd.DataFrame(rows, columns=schemas.WHAT)


# Columns.


def test_no_column_comes_or_goes_unsaid(rendered):
    """WIJKBOEK_GOLDEN=new writes the list; a column that went must have been announced."""
    pilots = [rendered / "reports" / p.stem for p in (ROOT / "pilots").glob("*.yml")]
    now = schemas.published(pilots)
    if NEW:
        schemas.updated(table(COLUMNS), now, VERSION).to_csv(
            COLUMNS, index=False, lineterminator="\n"
        )
    assert schemas.faults(table(COLUMNS), now, CHANGELOG) == []


def test_the_tables_say_the_version_of_their_columns():
    assert schemas.version_of(table(COLUMNS)) == exports.SCHEMA


LOG = """# Changelog

## 0.3.0 - 2027-03-01

### Added

- Iets.

## 0.2.0 - 2027-02-01

### Vervallen

- `werk.uren`: gebruik `werk.uren_per_jaar`.

## 0.1.0 - 2027-01-01

### Added

- Alles.
"""
OLD = pd.DataFrame(
    [("werk", "uren", "double", "0.1.0", ""), ("werk", "wie", "string", "0.1.0", "")],
    columns=schemas.HISTORY,
)


@pytest.mark.parametrize(
    ("column", "kind", "gone", "fault"),
    [
        ("uren", "double", "0.3.0", None),  # announced a release before
        ("uren", "double", "0.2.0", "ging met 0.2.0, zonder"),  # announced when it was gone
        ("wie", "string", "0.3.0", "ging met 0.3.0, zonder"),  # never announced
        ("uren", "integer", "", "weg zonder aankondiging"),  # another type
        ("uren_per_jaar", "double", "", "weg zonder aankondiging"),  # another name
    ],
)
def test_a_column_goes_only_after_it_was_announced(column, kind, gone, fault):
    if gone:
        now = OLD.query("kolom != @column")
        history = OLD.assign(weg=OLD["weg"].where(OLD["kolom"] != column, gone))
    else:
        now = pd.DataFrame(
            [("werk", column, kind), ("werk", "wie", "string")], columns=schemas.WHAT
        )
        history = OLD
    found = schemas.faults(history, now, LOG)
    assert found == [] if fault is None else any(fault in one for one in found)


def test_writing_the_list_again_does_not_hide_that_a_column_went():
    now = pd.DataFrame(
        [("werk", "wie", "string"), ("werk", "waar", "string")], columns=schemas.WHAT
    )
    later = schemas.updated(OLD, now, "0.2.0")
    assert later.to_dict("tight")["data"] == [
        ["werk", "uren", "double", "0.1.0", "0.2.0"],
        ["werk", "waar", "string", "0.2.0", ""],
        ["werk", "wie", "string", "0.1.0", ""],
    ]
    assert schemas.faults(later, now, LOG) == [
        "werk.uren ging met 0.2.0, zonder aankondiging ervoor"
    ]
    assert schemas.version_of(later) == "0.2"
    # What came and went before a release was made, was never promised.
    same = schemas.updated(later, now.query("kolom != 'waar'"), "0.2.0")
    assert "waar" not in set(same["kolom"])
    assert schemas.updated(later, now, "0.3.0").equals(later)


# The changelog, and figures that move.


def test_a_release_has_only_headings_that_a_reader_knows():
    known = {"Added", "Changed", "Fixed", "Removed", "Security", schemas.WITHDRAWN, "Cijfers"}
    said = schemas.releases(CHANGELOG)
    assert next(iter(said)) == VERSION
    numbers = [[int(part) for part in version.split(".")] for version in said]
    assert numbers == sorted(numbers, reverse=True)
    for version, text in said.items():
        headings = re.findall(r"^### (.+)$", text, re.M)
        assert set(headings) <= known and len(set(headings)) == len(headings), version
        assert schemas.section(text, "Cijfers").strip(), f"{version}: verschoof er niets? Zeg dat."
        for line in re.findall(r"^#+ .*$", text, re.M):
            assert line.startswith("### "), line


def test_a_golden_figure_moves_only_with_its_reason_in_the_changelog():
    """WIJKBOEK_GOLDEN=new writes the checksums; `waarom` is how a line under Cijfers begins."""
    now = {
        str(path.relative_to(GOLDEN)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(GOLDEN.rglob("*.csv"))
        if path not in (COLUMNS, FIGURES)
    }
    sealed = table(FIGURES).set_index("bestand")
    if NEW:
        kept = sealed["sha256"].reindex(now) == pd.Series(now)
        reasons = sealed["waarom"].reindex(now).where(kept, "").fillna("")
        sealed = pd.DataFrame({"sha256": pd.Series(now), "waarom": reasons})
        sealed.rename_axis("bestand").to_csv(FIGURES, lineterminator="\n")
    assert sealed["sha256"].to_dict() == now, "een uitkomst verschoof: zie docs/versies.md"
    moved = "".join(
        schemas.section(text, "Cijfers") for text in schemas.releases(CHANGELOG).values()
    )
    for name, why in sealed["waarom"].items():
        assert len(why.split()) >= 4 and f"\n- {why}" in f"\n{moved}", f"{name}: {why!r}"
