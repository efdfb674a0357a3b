"""The raw figures as CBS published them, and the choice of a year per indicator."""

import json
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wijkboek_utils import cbs, households, iv3, places, regions, sources
from wijkboek_utils.errors import Fout


def figure(gebied: str, onderwerp: str, jaar: int) -> float:
    kwb = cbs.read_kwb(regions.gemeente_of(gebied))
    rows = kwb[(kwb["gebied"] == gebied) & (kwb["onderwerp"] == onderwerp) & (kwb["jaar"] == jaar)]
    return rows["waarde"].item()


@pytest.mark.parametrize(
    ("gebied", "inwoners"), [("GM0344", 367_947), ("BU03440831", 8_980), ("BU03440832", 8_680)]
)
def test_inhabitants_of_2023_are_those_that_cbs_published(gebied, inwoners):
    assert figure(gebied, "AantalInwoners", 2023) == inwoners


def test_a_suppressed_figure_is_missing_and_never_zero():
    kwb = cbs.read_kwb("GM0344").query("onderwerp == 'PersonenPerSoortUitkeringBijstand'")
    suppressed = kwb[kwb["gebied"].isin(["BU03440911", "BU03440953"])]
    assert len(suppressed) == 2
    assert suppressed["waarde"].isna().all()


@pytest.mark.parametrize("value", [-99991, -99995, -99997, -99998])
def test_a_number_that_stands_for_no_figure_is_missing(tmp_path, value):
    topic = {"Type": "Topic", "Key": "AantalInwoners_5", "Title": "Aantal inwoners", "ParentID": 1}
    group = {"Type": "TopicGroup", "ID": 1, "Key": "", "Title": "Bevolking", "ParentID": None}
    about = {
        "DataProperties": [group, topic | {"ID": 2, "Unit": "aantal", "Decimals": 0}],
        "WijkenEnBuurten": [{"Key": "BU03440111  ", "Title": "Noord"}],
    }
    rows = pa.table({"WijkenEnBuurten": ["BU03440111  "], "AantalInwoners_5": [value]})
    rows = rows.replace_schema_metadata({"bron": json.dumps(about)})
    path = tmp_path / "kwb.parquet"
    pq.write_table(rows, path)
    facts = {"dataset": "kwb-2024", "path": path, "sha256": sources.sha256(path)}
    found = cbs._read(replace(sources.source("kwb-2024"), **facts), "GM0344")
    assert len(found) == 1 and found["waarde"].isna().all()


def test_without_figures_of_the_country_there_are_none_to_compare_with(monkeypatch):
    monkeypatch.setattr(sources, "select", lambda series, area: [])
    assert pd.isna(places.country(cbs.read_country(), 2024)["inkomen"])


def test_the_country_is_compared_over_the_same_year():
    rows = pd.DataFrame(
        {"onderwerp": households.INCOME, "jaar": [2023, 2024, 2025], "waarde": [1, 2, None]}
    )
    assert places.country(rows, 2023)["inkomen"] == 1000
    assert pd.isna(places.country(rows, 2022)["inkomen"])
    assert places.country(rows, 2024)["inkomen"] == 2000


def vintages(*rows: tuple[str, int, float | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["onderwerp", "jaar", "waarde"])
    return table.assign(soort="Buurt", gebied="BU99010001")


@pytest.mark.parametrize(
    ("years", "chosen"),
    [
        ([2021, 2023, 2024], 2023),  # the year itself
        ([2020, 2021, 2025], 2021),  # else the newest before it
        ([2025, 2024], 2024),  # else the first after it
    ],
)
def test_the_year_of_an_indicator(years, chosen):
    kwb = vintages(*[("inkomen", y, 1.0) for y in years])
    assert cbs.choose_years(kwb, 2023)["inkomen"] == chosen


def test_a_vintage_without_figures_is_passed_over():
    kwb = vintages(("inkomen", 2023, None), ("inkomen", 2022, 1.0))
    assert cbs.choose_years(kwb, 2023)["inkomen"] == 2022


def test_a_figure_of_the_gemeente_alone_does_not_choose_the_year():
    buurt = vintages(("inkomen", 2022, 1.0))
    gemeente = vintages(("inkomen", 2023, 1.0)).assign(soort="Gemeente", gebied="GM9901")
    assert cbs.choose_years(pd.concat([gemeente, buurt]), 2023)["inkomen"] == 2022
    assert cbs.choose_years(gemeente, 2023)["inkomen"] == 2023


def test_buurten_that_changed_need_the_boundaries_of_both_years(monkeypatch):
    old = vintages(("AantalInwoners", 2023, 1.0))
    new = vintages(("inkomen", 2024, 1.0)).assign(gebied="BU99010099")
    kwb = pd.concat([old, new]).assign(naam="Dorp")
    monkeypatch.setattr(cbs, "read_kwb", lambda gemeente: kwb)
    with pytest.raises(Fout, match=r"2024 en 2023 niet dezelfde: BU99010001.*--only grenzen-2024"):
        cbs.indicators("GM9901", 2023)


def test_a_missing_amount_in_the_accounts_is_named(monkeypatch):
    rows = {"gebied": ["GM0344"], "gemeente": ["Utrecht"], "taakveld": ["5.7"]}
    table = pd.DataFrame(rows).assign(taakveld_naam="Groen", lasten=None, baten="0", salarissen="")
    monkeypatch.setattr(sources, "read_csv", lambda source: table)
    with pytest.raises(Fout, match=r"iv3-2023 ontbreekt een bedrag bij taakveld 5\.7"):
        iv3.read("GM0344", 2023)


def test_utrecht_2023_takes_counts_of_its_own_year_and_income_of_the_next_table():
    years = cbs.indicators("GM0344", 2023).groupby("onderwerp")["jaar"].agg(["min", "max"])
    assert years.loc["AantalInwoners"].tolist() == [2023, 2023]
    assert years.loc["GemiddeldInkomenPerInwoner"].tolist() == [2024, 2024]


def test_taakveld_codes_are_text_so_0_1_and_0_10_stay_apart():
    rows = iv3.read("GM0344", 2023).set_index("taakveld")
    assert rows.loc["0.1", "naam"] == "Bestuur"
    assert rows.loc["0.10", "naam"] == "Mutaties reserves"
    assert (rows.loc["0.1", "lasten"], rows.loc["0.10", "lasten"]) == (15_516_000, 170_933_000)


def test_iv3_of_utrecht_adds_up_to_the_published_totals_without_reserves_and_result():
    rows = iv3.read("GM0344", 2023)
    services = rows[~rows["taakveld"].isin(["0.10", "0.11"])]
    assert services["lasten"].sum() == 1_887_759_000
    assert services["baten"].sum() == 1_816_154_000
    assert rows.set_index("taakveld").loc["0.8", "lasten"] == -75_772_000


def test_a_year_without_accounts_names_the_years_that_there_are():
    with pytest.raises(Fout, match=r"\(Iv3\) over 2019.*2023, 2024"):
        iv3.read("GM0344", 2019)


def test_a_gemeente_that_filed_only_zeros_is_recognised(monkeypatch):
    def zeros(source):
        rows = pd.DataFrame({"gebied": ["GM0344"], "gemeente": ["Utrecht"], "taakveld": ["0.1"]})
        return rows.assign(taakveld_naam="Bestuur", lasten="0", baten="0", salarissen="0")

    monkeypatch.setattr(sources, "read_csv", zeros)
    with pytest.raises(Fout, match="leverde over 2023 geen Iv3"):
        iv3.read("GM0344", 2023)


def test_every_topic_in_the_raw_figures_has_the_title_that_cbs_gives_it():
    titles = set(sources.read_project_table("onderwerpen")["onderwerp"])
    used = set(cbs.read_kwb("GM0344")["onderwerp"])
    assert used <= titles


def test_the_wijk_of_a_buurt_can_be_read_from_its_code():
    for source in sources.vintages("grenzen"):
        import json

        for feature in json.loads(sources.read_bytes(source))["features"]:
            facts = feature["properties"]
            assert regions.wijk_of(facts["statcode"]) == facts["wijkcode"]
            assert regions.gemeente_of(facts["statcode"]) == facts["gemeentecode"]
