"""The definitions of the nine datasets, and the help pages that come of them."""

import re

import pandas as pd
import pytest
import yaml

from tests.conftest import ROOT
from wijkboek_utils import language, ledger
from wijkboek_utils.local import help, schema, values

FOLDER = ROOT / "wijkboek_utils" / "tables" / "datasets"
DOCS = ROOT / "docs" / "datasets"
# The words of the Table Schema standard that we use, and our own beside them.
STANDARD = {"name", "title", "description", "type", "example", "constraints"}
OWN = {"unit", "private", "codes", "aliases", "coordinate"}
CONSTRAINTS = {"required", "enum", "minimum", "maximum", "pattern", "maxLength"}
ALL = [*schema.KINDS, schema.ABOUT, "plaats"]


def test_there_is_a_definition_for_every_kind_and_for_nothing_else():
    assert {path.stem for path in FOLDER.glob("*.yml")} == set(ALL)
    assert len(schema.KINDS) == 9


@pytest.mark.parametrize("name", ALL)
def test_a_definition_speaks_the_words_of_the_standard(name):
    told = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    names = [field["name"] for field in told["fields"]]
    assert told["name"] == name and len(set(names)) == len(names)
    for field in told["fields"]:
        rules = field.get("constraints", {})
        assert field.keys() <= STANDARD | OWN and {"name", "title", "type", "description"} <= set(
            field
        )
        assert rules.keys() <= CONSTRAINTS
        assert field["type"] in {"string", "integer", "number", "year", "date"}
        assert re.fullmatch(r"[a-z_]+", field["name"])
        # The standard knows a longest text for words, and bounds for numbers only.
        assert field["type"] == "string" or not {"maxLength", "pattern"} & set(rules)
        assert field["type"] != "string" or not {"minimum", "maximum"} & set(rules)
        assert all(isinstance(choice, str) for choice in rules.get("enum", []))


def choices(kind: str, column: str) -> list[str]:
    return list(schema.load(kind).field(column).choices)


def test_sectors_and_domains_are_those_of_the_grootboek():
    assert choices("geldstroom", "van") == choices("geldstroom", "naar") == ledger.SECTOREN
    assert choices("geldstroom", "domein") == choices("werk", "domein") == ledger.DOMEINEN
    for kind, column in [("voorraad", "houder"), ("werk", "wie"), ("telling", "gedaan_door")]:
        assert choices(kind, column) == [s for s in ledger.SECTOREN if s != "vermogen"]


@pytest.mark.parametrize("kind", schema.KINDS)
def test_every_example_can_be_read(kind):
    dataset = schema.load(kind)
    codes = {"taakveld": {"5.7": "5.7", "6.1": "6.1", "6.3": "6.3"}, "buurt": None}
    for field in (*dataset.fields, *schema.about().fields):
        assert field.example or not field.required, field.name
        cell = pd.Series([field.example or None], dtype="str")
        _, wrong = values.read(cell, field, codes.get(field.codes))
        assert wrong.empty, (field.name, wrong.tolist())


def test_a_place_stands_in_the_columns_and_what_is_private_is_not_stored():
    for kind in schema.KINDS:
        dataset = schema.load(kind)
        there = [column in dataset.columns for column in schema.PLACE]
        assert all(there) if dataset.place else not any(there)
        assert not {"huisnummer", "postcode", "contact", "respondent"} & set(dataset.stored)
        assert ("x" in dataset.stored) == (dataset.points and bool(dataset.place))
    assert "buurt" in schema.load("besteding").stored
    assert "x" not in schema.load("besteding").stored  # a household is not on the map


@pytest.mark.parametrize("name", ALL)
def test_the_words_of_a_definition_are_short_and_plain(name):
    told = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    texts = [
        told["description"],
        told.get("why", ""),
        told.get("never", ""),
        *told.get("steps", []),
    ]
    for text in [*texts, *(field["description"] for field in told["fields"])]:
        for sentence in language.sentences(text):
            assert language.length(sentence) <= 28, sentence
        assert not text or text.endswith((".", "?")), text


def test_the_pages_in_docs_are_those_of_the_definitions():
    pages = {f"{kind}.md": help.page(kind) for kind in schema.KINDS} | {"README.md": help.index()}
    assert {path.name for path in DOCS.glob("*.md")} == set(pages)
    for name, page in pages.items():
        assert (DOCS / name).read_text() == page, f"docs/datasets/{name}: maak hem opnieuw"


def test_a_page_has_every_column_and_the_rows_of_a_table_all_have_as_many_cells():
    for kind in schema.KINDS:
        page = help.page(kind)
        rows = [line for line in page.splitlines() if line.startswith("|")]
        assert {line.count("|") for line in rows} == {5}
        assert all(f"| `{column}` |" in page for column in schema.load(kind).columns)
        assert schema.MARK not in page
