"""Known errors of a source are corrected when it is read, and only while they are there."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from wijkboek_utils import corrections, sources
from wijkboek_utils.errors import Fout

CSV = "gebied,onderwerp,waarde\nBU1,Inwoners,1250\nBU2,Inwoners,\nBU2,Woningen,0.1\n"


def entry(**facts) -> dict:
    return {
        "source": "kwb-x",
        "where": {"gebied": "BU1", "onderwerp": "Inwoners"},
        "column": "waarde",
        "action": "replace",
        "old": "1250",
        "new": "1255",
        "reason": "CBS meldde een fout",
        "who": "redactie",
        "day": "2026-11-22",
        "status": "verwerkt",
    } | facts


def without_new(**facts) -> dict:
    found = entry(**facts)
    del found["new"]
    return found


@pytest.fixture
def raw(tmp_path):
    """Return a data/raw with one source, as a CSV and as a fetched Parquet."""
    folder = tmp_path / "bron"
    folder.mkdir()
    (folder / "x.csv").write_text(CSV)
    table = pa.table(
        {
            "gebied": pa.array(["BU1  ", "BU2  ", "BU2  "]),
            "onderwerp": ["Inwoners", "Inwoners", "Woningen"],
            "waarde": pa.array([1250, None, 7], pa.int64()),
            "elders": [0.5, 1.5, 2.5],
        },
    ).replace_schema_metadata({"bron": "beschrijving"})
    pq.write_table(table, folder / "x.parquet")
    facts = {"series": "kwb", "title": "X", "publisher": "CBS", "table": None, "period": "2023"}
    facts |= {"url": None, "licence": "CC BY 4.0", "attribution": "CBS", "modified": None}
    facts |= {"retrieved": "2026-11-22", "obtained": "zelf"}
    listed = [
        {"id": id, "file": name, "sha256": sources.sha256(folder / name), **facts}
        for id, name in (("kwb-x", "x.csv"), ("kwb-p", "x.parquet"))
    ]
    (folder / "manifest.yml").write_text(yaml.safe_dump({"sources": listed}))
    return tmp_path


def corrected(raw, *entries: dict) -> pd.DataFrame:
    write(raw, *entries)
    return sources.read_csv(sources.source("kwb-x", raw))


def write(raw, *entries: dict) -> None:
    text = yaml.safe_dump({"corrections": list(entries)})
    (raw / "bron" / corrections.FILE).write_text(text)
    sources.catalogue.cache_clear()


@pytest.mark.parametrize(
    ("change", "values"),
    [
        (entry(), ["1255", None, "0.1"]),
        (entry(action="scale", new="1000"), ["1250000", None, "0.1"]),
        (
            entry(where={"onderwerp": "Woningen"}, old="0.1", action="scale", new="3"),
            ["1250", None, "0.3"],
        ),
        (without_new(action="missing"), [None, None, "0.1"]),
        (without_new(action="drop"), [None, "0.1"]),
        (
            entry(where={"gebied": "BU2", "onderwerp": "Inwoners"}, old=None, new="9"),
            ["1250", "9", "0.1"],
        ),
        (entry(status="open"), ["1250", None, "0.1"]),
    ],
)
def test_each_action_changes_its_own_cell_and_nothing_else(raw, change, values):
    content = (raw / "bron" / "x.csv").read_bytes()
    found = corrected(raw, change)
    assert [None if v != v else v for v in found["waarde"]] == values
    assert found["gebied"].tolist() == ["BU1", "BU2", "BU2"][-len(found) :]
    assert (raw / "bron" / "x.csv").read_bytes() == content


def test_corrections_of_one_source_follow_each_other(raw):
    second = entry(old="1255", new="1260")
    assert corrected(raw, entry(), second)["waarde"].tolist()[0] == "1260"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"old": "1249"}, "daar staat «1250» en niet «1249».*de uitgever de fout hersteld"),
        ({"old": None}, "daar staat «1250» en niet niets"),
        ({"where": {"gebied": "BU9"}}, "deze rij is er niet"),
        ({"where": {"gebiet": "BU1"}}, "kolom gebiet is er niet. Bedoelt u gebied"),
        ({"column": "waarden"}, "kolom waarden is er niet"),
        ({"where": {"gebied": "BU2"}, "old": "0.1"}, "daar staat niets en niet «0.1»"),
    ],
)
def test_a_correction_that_no_longer_fits_stops_the_reading(raw, change, words):
    with pytest.raises(Fout, match=rf"(?s)Correctie van bron kwb-x .*{words}"):
        corrected(raw, entry(**change))


def test_what_is_no_number_cannot_be_scaled(raw):
    change = entry(column="gebied", old="BU1", action="scale", new="2")
    with pytest.raises(Fout, match="«BU1» is geen getal"):
        corrected(raw, change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"action": "vervang"}, "«vervang» kan niet bij action"),
        ({"status": "klaar"}, "«klaar» kan niet bij status"),
        ({"source": "kwb-y"}, "«kwb-y» kan niet bij source.*Bedoelt u kwb-x"),
        ({"reason": ""}, "reason ontbreekt"),
        ({"nieuw": "1"}, "nieuw is geen bekend veld"),
        ({"where": "gebied"}, "onder where horen regels"),
        ({"action": "drop"}, "new hoort bij replace en scale"),
        ({"action": "scale", "new": "veel"}, "new is bij scale een getal"),
    ],
)
def test_a_correction_that_was_written_wrong_is_named(raw, change, words):
    with pytest.raises(Fout, match=rf"corrections\.yml, correctie 2: .*{words}"):
        corrected(raw, entry(), entry(**change))


@pytest.mark.parametrize("text", ["corrections: [", "[]", "corrections: [1]", "a: b"])
def test_a_broken_file_is_named(raw, text):
    (raw / "bron" / corrections.FILE).write_text(text)
    sources.catalogue.cache_clear()
    with pytest.raises(Fout, match=r"corrections\.yml is niet te lezen"):
        sources.catalogue(raw)


def test_a_fetched_table_keeps_its_types_description_and_order(raw):
    write(raw, entry(source="kwb-p"), without_new(**BU2, action="missing", old="7"))
    source = sources.source("kwb-p", raw)
    plain = pq.read_table(source.path)
    found = sources.read_parquet(source)
    assert found.schema.equals(plain.schema, check_metadata=True)
    assert found["waarde"].to_pylist() == [1255, None, None]
    assert found.drop_columns("waarde").equals(plain.drop_columns("waarde"))


BU2 = {"source": "kwb-p", "where": {"gebied": "BU2", "onderwerp": "Woningen"}}


def test_a_fetched_table_is_corrected_before_rows_and_columns_are_chosen(raw):
    # The rows that were asked for are not those of the correction: it must still be checked.
    write(raw, entry(source="kwb-p", new="0"), without_new(**BU2, action="drop", old="7"))
    source = sources.source("kwb-p", raw)
    wanted = pc.starts_with(pc.field("gebied"), "BU2")
    found = sources.read_parquet(source, wanted, columns=["waarde"])
    assert found.to_pydict() == {"waarde": [None]}
    coded = sources.read_parquet(source, coded=["onderwerp"])
    assert pa.types.is_dictionary(coded.schema.field("onderwerp").type)
    write(raw, entry(source="kwb-p", old="9"))
    with pytest.raises(Fout, match="daar staat «1250"):
        sources.read_parquet(sources.source("kwb-p", raw), wanted, columns=["elders"])


def test_corrections_are_listed_for_readers(raw):
    write(raw, entry(), without_new(action="missing", status="open"))
    table = corrections.table(sources.source("kwb-x", raw).corrections)
    assert table.columns.tolist() == corrections.COLUMNS
    assert table["actie"].tolist() == ["vervangen", "op onbekend gezet"]
    assert table["waar"].tolist() == ["gebied BU1, onderwerp Inwoners"] * 2
    assert table["status"].tolist() == ["verwerkt", "open"]
    assert corrections.table([]).columns.tolist() == corrections.COLUMNS
