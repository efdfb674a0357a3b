"""The catalogue of tables: complete, consistent, and honest about what was not checked."""

import re

import pytest

from tests.test_house import PACKAGE
from wijkboek_utils import bronnen, net, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.regions import gemeente_of

ALL = bronnen.datasets()


def years(series: str, report: str | None = None) -> set[int]:
    return {int(d.period) for d in ALL.values() if d.series == series and d.report == report}


def test_the_years_that_the_books_need_are_there():
    assert years("kwb") >= set(range(2020, 2026))
    assert years("iv3", "begroting") == set(range(2017, 2027))
    assert years("iv3", "jaarrekening") == set(range(2017, 2027))
    assert years("grenzen") >= {2023, 2024, 2025}


def test_the_flows_to_come_have_a_table():
    series = {d.series for d in ALL.values()}
    assert series >= {"bestedingen", "wmo", "jeugdzorg", "energie", "inkomen", "zorgkosten"}


@pytest.mark.parametrize("dataset", ALL.values(), ids=list(ALL))
def test_each_entry_says_what_it_is_for_when_it_is_renewed_and_how_it_was_checked(dataset):
    assert dataset.licence and dataset.attribution and dataset.feeds
    assert dataset.next_update and dataset.verified
    assert dataset.protocol in ("odata", "ogc")
    assert (dataset.report is None) == (dataset.series != "iv3")
    if dataset.series == "iv3":
        (code,) = dataset.only["Verslagsoort"]
        assert (
            code == dataset.period + {"begroting": "X000", "jaarrekening": "X005"}[dataset.report]
        )


def test_no_table_stands_twice_under_another_name():
    tables = [(d.table, d.report) for d in ALL.values()]
    assert len(set(tables)) == len(tables)


def test_without_a_name_only_what_a_notebook_reads_is_fetched():
    assert {d.series for d in bronnen.choose([])} == {"kwb", "iv3", "grenzen"}
    assert [d.id for d in bronnen.choose(["kwb-2024"])] == ["kwb-2024"]
    assert {d.series for d in bronnen.choose(["energie"])} == {"energie"}


def test_the_example_in_the_help_is_a_name_that_exists():
    (words,) = re.findall(r"een bron of soort: (.*)", (PACKAGE / "cli.py").read_text())
    assert all(bronnen.choose([name]) for name in re.findall(r"[a-z0-9-]+", words))
    assert {d.report for d in bronnen.choose(["iv3-2023"])} == {"jaarrekening", "begroting"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tabel: x", r"kwb-2030: tabel is geen bekend veld\. Bedoelt u table"),
        ("table: x", "kwb-2030: series ontbreekt"),
        ("table: [", r"bronnen\.yml is niet te lezen"),
    ],
)
def test_a_mistake_in_the_catalogue_is_named(tmp_path, monkeypatch, text, words):
    (tmp_path / "bronnen.yml").write_text(f"datasets:\n- id: kwb-2030\n  {text}\n")
    monkeypatch.setattr(sources, "TABLES", tmp_path)
    with pytest.raises(Fout, match=words):
        bronnen.datasets.__wrapped__()


def test_a_name_with_a_typo_suggests_the_nearest():
    with pytest.raises(Fout, match=r"kwb-204 staat niet in bronnen\.yml\. Bedoelt u .*kwb-2024"):
        bronnen.choose(["kwb-204"])


def test_a_gemeente_is_asked_for_by_how_its_keys_begin_and_a_country_without_a_filter():
    line = net.Line(server="http://127.0.0.1:1")
    kwb = ALL["kwb-2024"]
    assert kwb.feed(line, "NL").filter == ""
    wanted = kwb.feed(line, gemeente_of("BU0363AA01")).filter
    assert "startswith(WijkenEnBuurten,'BU0363')" in wanted and "'NL'" in wanted
    iv3 = ALL["iv3-2023-jaarrekening"].feed(line, "NL").filter
    assert "startswith(Verslagsoort,'2023X005')" in iv3
    assert "startswith(TaakveldBalanspost,'A" not in iv3
