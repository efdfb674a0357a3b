"""Raw files are proven at each read; processed tables appear whole or not at all."""

import shutil
from datetime import date

import pandas as pd
import pytest
import yaml

from wijkboek_utils import sources
from wijkboek_utils.errors import Fout

# What may stand beside the files of a manifest.
BESIDE = ("manifest.yml", "README.md", "corrections.yml", "ingetrokken.yml", "antwoorden.yml")


@pytest.fixture
def raw(tmp_path):
    shutil.copytree(sources.RAW / "cbs-kwb", tmp_path / "cbs-kwb")
    return tmp_path


def test_every_raw_file_stands_in_a_manifest_and_proves_its_checksum():
    listed = {s.path for s in sources.catalogue().values()}
    found = {
        p
        for p in sources.RAW.rglob("*")
        if p.is_file() and p.name not in BESIDE and p.name[0] != "."
    }
    assert found == listed
    for source in sources.catalogue().values():
        assert sources.read_bytes(source)


def test_every_source_says_where_it_comes_from_and_under_which_licence():
    for source in sources.catalogue().values():
        assert bool(source.kind) == bool(source.consent) == bool(source.received)
        for fact in ("publisher", "period", "licence", "attribution", "obtained", "retrieved"):
            assert getattr(source, fact), f"{source.id} heeft geen {fact}"


def test_a_changed_file_is_refused_by_name(raw):
    path = raw / "cbs-kwb" / "85618NED.csv"
    path.write_bytes(path.read_bytes().replace(b"367947", b"367948", 1))
    with pytest.raises(Fout, match=r"kwb-2023.*85618NED\.csv.*veranderd"):
        sources.read_csv(sources.source("kwb-2023", raw))


def test_a_file_that_is_gone_is_named(raw):
    (raw / "cbs-kwb" / "85618NED.csv").unlink()
    with pytest.raises(Fout, match=r"kwb-2023.*niet te lezen"):
        sources.read_bytes(sources.source("kwb-2023", raw))


def test_an_unknown_source_suggests_the_nearest():
    with pytest.raises(Fout, match=r"kwb-2032 bestaat niet\. Bedoelt u .*kwb-2023"):
        sources.source("kwb-2032")


def test_a_source_id_that_stands_twice_is_refused(raw):
    shutil.copytree(raw / "cbs-kwb", raw / "nog-eens")
    with pytest.raises(Fout, match="staat twee keer"):
        sources.catalogue(raw)


@pytest.mark.parametrize(
    "text", ["sources: [", "[]", "sources:", "sources: [x]", "sources: [{id: x}]", "a: b"]
)
def test_a_broken_manifest_is_named(tmp_path, text):
    (tmp_path / "manifest.yml").write_text(text)
    with pytest.raises(Fout, match=r"Manifest .*manifest\.yml"):
        sources.catalogue(tmp_path)


def edited(raw, **changes) -> None:
    """Change the first entry of a manifest as a hand would; a change to None takes a field away."""
    path = raw / "cbs-kwb" / "manifest.yml"
    entries = yaml.safe_load(path.read_text())["sources"]
    gone = [name for name, value in changes.items() if value is None]
    entry = {k: v for k, v in (entries[0] | changes).items() if k not in gone}
    path.write_text(yaml.safe_dump({"sources": [entry, *entries[1:]]}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": None}, "bron kwb-2023: title ontbreekt"),
        ({"file": None}, "bron kwb-2023: file ontbreekt"),
        ({"id": None}, r"bron \?: id ontbreekt"),
        ({"licentie": "CC"}, r"bron kwb-2023: licentie is geen bekend veld\. Bedoelt u licence"),
        ({"corrections": []}, "bron kwb-2023: corrections is geen bekend veld"),
        ({"covers": "GM0344"}, "bron kwb-2023: covers hoort een lijst te zijn"),
    ],
)
def test_a_manifest_that_was_edited_by_hand_says_what_is_wrong(raw, change, words):
    edited(raw, **change)
    with pytest.raises(Fout, match=rf"Manifest .*manifest\.yml, {words}"):
        sources.catalogue(raw)


def test_a_manifest_without_quotes_around_a_date_or_year_is_the_same(raw):
    edited(raw, retrieved=date(2026, 11, 21), period=2023)
    found = sources.select("kwb", "GM0344", raw)
    assert [(s.period, s.retrieved) for s in found] == [
        ("2024", "2026-11-21"),
        ("2023", "2026-11-21"),
    ]


def test_a_table_that_was_not_built_says_what_to_run():
    with pytest.raises(Fout, match="wijkboek render bestaat-niet"):
        sources.read_table("bestaat-niet", "grootboek")


def test_the_same_table_gives_the_same_bytes_and_leaves_no_half_file(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PROCESSED", tmp_path)
    table = pd.DataFrame({"taakveld": ["0.1", "0.10"], "bedrag": [1.5, None]})
    first = [sources.write_table("p", "t", table), (tmp_path / "p" / "t.parquet").read_bytes()][1]
    sources.write_table("p", "t", table.copy())
    assert (tmp_path / "p" / "t.parquet").read_bytes() == first
    assert [f.name for f in (tmp_path / "p").iterdir()] == ["t.parquet"]
    pd.testing.assert_frame_equal(sources.read_table("p", "t"), table)
