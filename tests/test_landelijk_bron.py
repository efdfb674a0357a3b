"""The made-up country is there as `wijkboek fetch NL` would have left it, and its books close."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

from tests import brondata, landelijk, landelijk_bron, ophalen
from tests.bronserver import BronServer
from tests.conftest import Gemeente
from wijkboek_utils import allocate, cbs, crosswalk, iv3, odata, pdok, pilots, scale, sources

SOME = 3
LIKE = {"kwb-2023": "kwb", "iv3-2023-jaarrekening": "iv3", "grenzen-2024": "grenzen"}
# What is about one file or one pull.
OWN = {"id", "version", "retrieved", "modified", "covers", "silent", "status", "obtained"}
OWN |= {"file", "sha256", "path"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with some gemeenten."""
    folder = tmp_path_factory.mktemp("land")
    assert landelijk_bron.write(folder, SOME) == ["GM9001", "GM9002", "GM9003"]
    return folder


@pytest.fixture(scope="module")
def country(root):
    """Let this process read that project; return its gemeenten."""
    with pytest.MonkeyPatch.context() as patch:
        ophalen.settle(root, patch.setattr)
        yield pilots.gemeenten()
    ophalen.forget()


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that fetched a table of each kind from a server."""
    folder = tmp_path_factory.mktemp("opgehaald")
    with pytest.MonkeyPatch.context() as patch:
        ophalen.settle(folder, patch.setattr)
        with BronServer(brondata.embedded(), brondata.boundaries()) as server:
            assert not any(result.failed for result in ophalen.pull(server, *LIKE))
    ophalen.forget()
    return folder


def entry(root: Path, dataset: str) -> dict:
    """Return what the manifest says of a dataset."""
    folder = root / "data" / "raw" / "opgehaald" / dataset
    (found,) = sources.read_manifest(folder / "manifest.yml")
    return found | {"path": folder / found["file"]}


def test_the_whole_country_has_its_real_size_and_its_parts_add_up():
    known, found = landelijk_bron.places(), landelijk_bron.truth()
    assert len(set(known.codes)) == len(set(known.names)) == landelijk.GEMEENTEN
    assert len(set(known.wijken)) == landelijk.WIJKEN == known.wijk.max() + 1
    assert len(set(known.buurten)) == landelijk.BUURTEN
    people = found[landelijk_bron.PEOPLE]
    ages = sum(found[age] for age in landelijk_bron.AGES)
    assert ages == pytest.approx(people)
    for name, total in landelijk_bron.TOTALS.items():
        assert found[name].sum() == pytest.approx(total, rel=0.05), name
    assert all(np.isfinite(values).all() for values in found.values())


def test_boundaries_are_whole_do_not_overlap_and_have_as_many_points_as_real_ones():
    shapes = landelijk_bron.shapes()
    assert shapely.is_valid(shapes).all() and not shapely.is_empty(shapes).any()
    assert 150 < shapely.get_num_coordinates(shapes).mean() < 300
    land = landelijk_bron.outline()
    assert shapely.area(shapes).sum() == pytest.approx(land.area, rel=0.001)


def test_every_file_is_the_one_that_its_manifest_proves(root, country):
    found = [s for s in sources.catalogue().values() if s.dataset]
    wanted = [*landelijk_bron.KWB.values(), *landelijk_bron.IV3, *landelijk_bron.BORDERS.values()]
    assert sorted(s.dataset for s in found) == sorted(wanted)
    for source in found:
        sources.read_bytes(source)  # raises where the checksum differs
        assert [c for c in source.covers if c != cbs.COUNTRY] == country
        assert (cbs.COUNTRY in source.covers) == (source.series == "kwb")
    assert {s.period: s.status for s in found if s.series == "kwb"} == {
        "2022": "definitief",
        "2023": "definitief",
        "2024": "voorlopig",
    }


@pytest.mark.parametrize("dataset", LIKE)
def test_files_and_manifests_are_as_fetch_writes_them(root, fetched, dataset):
    made, real = (entry(folder, dataset) for folder in (root, fetched))
    assert [*made] == [*real]
    assert {k: v for k, v in made.items() if k not in OWN} == {
        k: v for k, v in real.items() if k not in OWN
    }
    assert made["obtained"].partition(";")[0] == real["obtained"].partition(";")[0]
    assert made["id"].rpartition("-")[0] == real["id"].rpartition("-")[0]
    schemas = [pq.read_schema(e["path"]) for e in (made, real)]
    assert schemas[0].remove_metadata() == schemas[1].remove_metadata()
    about = [json.loads(schema.metadata[b"bron"]) for schema in schemas]
    assert [*about[0]] == [*about[1]]
    for part, rows in about[0].items():
        if part != "links" and isinstance(rows, list) and rows and isinstance(rows[0], dict):
            assert rows[0].keys() == about[1][part][0].keys(), part


def test_the_readers_find_every_area_account_and_boundary(country):
    sizes = landelijk.sizes().head(SOME)
    for gemeente, (wijken, buurten) in zip(country, sizes.to_numpy(), strict=True):
        kinds = cbs.areas(gemeente, 2023)["soort"].value_counts().to_dict()
        assert kinds == {"Gemeente": 1, "Wijk": wijken, "Buurt": buurten}
        borders = pdok.read_boundaries(gemeente, 2023)
        own = cbs.areas(gemeente, 2023).query("soort == 'Buurt'")["gebied"]
        assert sorted(borders["buurt"]) == sorted(own)
        whole = cbs.indicators(gemeente, 2023).query("gebied == @gemeente")
        hectares = whole.set_index("onderwerp")["waarde"]["OppervlakteTotaal"]
        assert borders.area.sum() / 1e4 == pytest.approx(hectares, rel=0.001)
        for year, codes in ((2022, 53), (2023, 71), (2024, 71)):
            account = iv3.read(gemeente, year)
            assert len(account) == codes
            assert account["lasten"].sum() == account["baten"].sum() > 0
            assert (account["salarissen"].fillna(0) <= account["lasten"].clip(lower=0)).all()


def test_some_figures_are_secret_and_the_newest_year_has_not_all(country):
    rows = pd.concat([cbs.read_kwb(gemeente) for gemeente in country]).query("soort == 'Buurt'")
    gaps = rows["waarde"].isna().groupby([rows["jaar"], rows["onderwerp"]]).mean().unstack("jaar")
    assert (gaps.loc["AantalInwoners"] == 0).all()
    assert 0 < gaps.loc["GemiddeldInkomenPerInwoner", 2023] < 0.3
    assert gaps.loc["GemiddeldInkomenPerInwoner", 2024] > 0.4
    assert gaps.loc["WmoClienten", 2024] == 1 and gaps.loc["WmoClienten", 2023] < 0.2
    assert set(cbs.read_country()["jaar"]) == {2022, 2023, 2024}


def test_scale_and_neighbours_see_these_gemeenten_alone(country):
    found = scale.national(2023, "jaarrekening")
    assert sorted(found["gebied"].unique()) == country
    per_head = found.query("taakveld == 'alles'")["per_inwoner"]
    assert per_head.between(1500, 8000).all()


def test_a_smaller_country_is_the_beginning_of_a_larger_one(country, tmp_path):
    land, account = cbs.read_country(), iv3.read(country[1], 2023)
    figures = cbs.read_kwb(country[1])
    assert landelijk_bron.write(tmp_path, 2) == country[:2]
    with pytest.MonkeyPatch.context() as patch:
        ophalen.settle(tmp_path, patch.setattr)
        pd.testing.assert_frame_equal(cbs.read_country(), land)
        pd.testing.assert_frame_equal(iv3.read(country[1], 2023), account)
        pd.testing.assert_frame_equal(cbs.read_kwb(country[1]), figures)
    ophalen.forget()


def test_a_folder_with_figures_is_left_alone(root):
    before = ophalen.prints(root)
    with pytest.raises(FileExistsError):
        landelijk_bron.write(root, SOME)
    assert ophalen.prints(root) == before


def test_the_same_folder_comes_out_every_time(root, tmp_path):
    landelijk_bron.write(tmp_path, SOME)
    assert ophalen.prints(tmp_path / "data") == ophalen.prints(root / "data")


def test_codes_that_changed_can_be_followed():
    """In the gemeenten with a change, and in no other."""
    known = landelijk_bron.places()
    for kind, one, other in landelijk_bron.changed()[2024]:
        old, new = (landelijk_bron.codes_of(year) for year in (2023, 2024))
        own = known.gemeente == known.gemeente[one]
        both = [
            pd.DataFrame({"gebied": codes[own], "naam": known.buurtnamen[own]}).drop_duplicates(
                "gebied"
            )
            for codes in (old, new)
        ]
        said = pd.DataFrame({"gebied": [str(new[one])], "waarde": [3 if kind == "merged" else 2]})
        links = crosswalk.by_code(*both, said)
        assert (links is None) == (kind == "merged")
        if links is not None:
            assert links.set_index("van").loc[old[one], "naar"] == new[one] != old[one]
            assert old[other] == new[other]
    still = np.isin(
        known.gemeente, [known.gemeente[n] for _, n, _ in landelijk_bron.changed()[2024]]
    )
    assert (landelijk_bron.codes_of(2023)[~still] == landelijk_bron.codes_of(2024)[~still]).all()


def test_the_books_of_a_gemeente_close(country):
    made = Gemeente(country[0])
    published = made.rekening.set_index("taakveld")[["lasten", "baten"]]
    booked = allocate.by_taakveld(made.ledger).unstack().reindex(published.index).fillna(0.0)
    assert ((booked[["lasten", "baten"]] - published).abs() < 0.005).all(axis=None)
    assert made.keys.shares.sum(axis=1).to_numpy() == pytest.approx(1.0)
    income = made.inkomen.set_index("buurt")["bedrag"]
    assert income.notna().all() and (income >= 0).all()
    buurten = cbs.areas(country[0], 2023).query("soort == 'Buurt'")["gebied"]
    assert set(made.grootboek["buurt"]) >= set(buurten)


def test_descriptions_hold_only_the_areas_that_are_there(root):
    for dataset in landelijk_bron.KWB.values():
        path = entry(root, dataset)["path"]
        about = odata.described(pq.read_schema(path))
        keys = [row["Key"] for row in about["WijkenEnBuurten"]]
        assert keys == pq.read_table(path, columns=["WijkenEnBuurten"])[0].to_pylist()
