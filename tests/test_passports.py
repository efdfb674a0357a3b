"""The cijferpaspoort: what it says of a figure, for readers and for machines."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wijkboek_utils import (
    account_passports,
    allocate,
    area_flows,
    passports,
    sources,
    views,
    wijkrekening,
)
from wijkboek_utils.show import LINKED_DATA, Html

PILOT = "leeuwarden-heechterp-schieringen"
UNITS = pd.DataFrame({"id": ["k1", "k2"], "naam": ["rente per woning", "uren per week"]})
KEYS = pd.DataFrame({"sleutel": ["inwoners"], "naam": ["inwoners"]})


@pytest.fixture(scope="module")
def tables(rendered):
    """Return the processed tables of a pilot by name, and its weights."""
    folder = rendered / "data" / "processed" / PILOT
    names = ("grootboek", "gebied", "sleutels", "kengetallen")
    found = {name: pd.read_parquet(folder / f"{name}.parquet") for name in names}
    return found | {"gewichten": found["gebied"].set_index("buurt")["gewicht"]}


@pytest.fixture(scope="module")
def book(tables):
    return passports.books(*(tables[n] for n in ("grootboek", "gewichten")), *names(tables))


def names(tables):
    return tables["sleutels"], tables["kengetallen"]


class Watched(passports.Books):
    """Books that remember which boekingen each passport was made from."""

    def figure(self, naam, cijfer, chosen, bedrag=None, se=None, formule="", teken=None):
        self.__dict__.setdefault("seen", []).append((naam, chosen, bedrag))
        return super().figure(naam, cijfer, chosen, bedrag, se, formule, teken)


def watched(book) -> Watched:
    return Watched(book.rows, book.keys, book.units)


@pytest.mark.parametrize("name", ["huishoudens", "bedrijven", "instellingen", "rijk"])
def test_the_boekingen_of_a_passport_add_up_to_the_figure_of_an_account(tables, book, name):
    rows = wijkrekening.sector(area_flows.of(tables["grootboek"], tables["gewichten"]), name)
    see = watched(book)
    made = account_passports.sector(see, rows, name)
    assert len(made) == len(rows) > 5
    for kant, (naam, chosen, bedrag) in zip(rows["kant"], see.seen, strict=True):
        part = book.rows[chosen]
        sign = {"in": 1, "uit": 1, "saldo": np.where(part["naar"] == name, 1, -1)}[kant]
        if pd.isna(bedrag):
            assert part["bedrag"].isna().all(), naam
        else:
            assert (part["bedrag"] * sign).sum() == pytest.approx(bedrag, abs=1), naam


def test_the_boekingen_of_a_passport_add_up_to_the_account_of_the_gemeente(tables, book):
    rows = views.gemeente_account(area_flows.of(tables["grootboek"], tables["gewichten"]))
    see = watched(book)
    account_passports.gemeente(see, rows)
    for kant, (naam, chosen, bedrag) in zip(rows["kant"], see.seen, strict=True):
        part = book.rows[chosen]
        sign = allocate.published_sign(part)
        if kant == "saldo":
            sign = sign * np.where(views.is_expense(part), -1, 1)
        assert (part["bedrag"] * sign).sum() == pytest.approx(bedrag, abs=1), naam


def test_a_negative_amount_stands_on_its_own_boekingen(rendered):
    folder = rendered / "data" / "processed" / "utrecht-kanaleneiland"
    tables = {
        name: pd.read_parquet(folder / f"{name}.parquet")
        for name in ("grootboek", "gebied", "sleutels", "kengetallen")
    }
    weights = tables["gebied"].set_index("buurt")["gewicht"]
    see = watched(passports.books(tables["grootboek"], weights, *names(tables)))
    rows = views.gemeente_account(area_flows.of(tables["grootboek"], weights))
    account_passports.gemeente(see, rows)
    corrections = [one for one in see.seen if one[0].startswith("Af: correctie")]
    assert corrections
    for _, chosen, bedrag in corrections:
        assert see.rows.loc[chosen, "bedrag"].sum() == pytest.approx(-bedrag, abs=1)


@pytest.mark.parametrize("column", ["domein", "naar"])
def test_expenses_by_a_column_have_the_boekingen_of_that_column(tables, book, column):
    paid = views.services(tables["grootboek"])
    paid = paid[views.is_expense(paid)]
    inside = paid[paid["buurt"].map(tables["gewichten"]) > 0]
    sums = inside.groupby(inside[column].astype(str))["bedrag"].sum()
    rows = sums.rename("bedrag").rename_axis(column).reset_index().assign(se=1.0)
    see = watched(book)
    account_passports.expenses(see, rows, column, rows[column])
    for naam, chosen, bedrag in see.seen:
        assert book.rows.loc[chosen, "bedrag"].sum() == pytest.approx(bedrag), naam


def test_each_side_of_a_taakveld_has_its_own_boekingen_and_none_without_any(tables, book):
    names = pd.Series({"5.7": "Groen", "0.7": "Gemeentefonds"})
    rows = views.by_taakveld(area_flows.of(tables["grootboek"], tables["gewichten"]), names)
    see = watched(book)
    made = account_passports.tasks(see, rows)
    assert len(made) == rows["lasten"].notna().sum() + rows["baten"].notna().sum()
    assert len(made) < 2 * len(rows)  # the gemeentefonds is not paid for
    for naam, chosen, bedrag in see.seen:
        sums = (book.rows["bedrag"] * allocate.published_sign(book.rows))[chosen].sum()
        assert sums == pytest.approx(bedrag, abs=1), naam


def boekingen(**columns) -> pd.DataFrame:
    """Return two boekingen of one buurt: one spread with a key, one estimated."""
    frame = pd.DataFrame(
        {
            "buurt": ["BU03440111", "BU03440111"],
            "van": ["gemeente", "huishoudens"],
            "naar": ["huishoudens", "instellingen"],
            "post": ["iv3:6.3:lasten", "wonen:huur"],
            "domein": ["werk en inkomen", "wonen"],
            "bedrag": [300.0, 100.0],
            "methode": ["verdeeld", "geraamd"],
            "sleutel": ["inwoners", None],
            "kengetal": [None, "k1;k2"],
            "bron": ["iv3-2023;kwb-2023", "kwb-2023"],
            "bronjaar": pd.array([2023, 2024], dtype="Int64"),
        }
    )
    return frame.assign(**columns)


def small(**columns) -> passports.Books:
    return passports.books(boekingen(**columns), pd.Series({"BU03440111": 1.0}), KEYS, UNITS)


def whole(book: passports.Books, **figure) -> passports.Passport:
    return book.figure("Samen", "€ 400", pd.Series(True, index=book.rows.index), **figure)


def test_a_passport_says_all_that_made_the_figure():
    one = whole(small(), bedrag=400.0, se=20.0)
    assert one.methode.replace("\N{NO-BREAK SPACE}", " ") == (
        "75 procent verdeeld en 25 procent geraamd"
    )
    assert one.sleutels == {"inwoners": "inwoners"}
    assert one.kengetallen == {"k1": "rente per woning", "k2": "uren per week"}
    assert one.jaren == [2023, 2024]
    assert set(one.bronnen) == {"iv3-2023", "kwb-2023"}
    assert one.formule.startswith("Som van 2 boekingen: ")
    html = passports.fold([one], "het geheel").html
    for ident in one.bronnen:
        assert sources.source(ident).sha256 in html
    assert "<dt>Hard</dt><dd>B</dd>" in html  # 1,645 x 20 / 400 = 8 percent
    assert "<dt>Stap</dt>" in html and 'href="#cel"' in html


def test_the_key_of_one_wijk_is_named_by_its_code():
    one = whole(small(sleutel=["inwoners:WK034401", None]))
    assert one.sleutels == {"inwoners:WK034401": "inwoners binnen WK034401"}


def test_boekingen_outside_the_area_have_no_part_in_it():
    books = passports.books(boekingen(), pd.Series({"BU03440111": 0.0}), KEYS, UNITS)
    assert books.rows.empty


@pytest.mark.parametrize("amounts", [[0.0, 0.0], [np.nan, np.nan]])
def test_without_money_the_methods_are_still_named(amounts):
    one = whole(small(bedrag=amounts), bedrag=amounts[0], se=np.nan)
    assert "verdeeld" in one.methode and "geraamd" in one.methode
    assert "nan" not in passports.fold([one]).html
    assert "standaardfout" not in passports.linked(one)


def test_an_unknown_figure_has_no_value_for_machines():
    node = passports.linked(whole(small(), bedrag=np.nan, se=np.nan))
    assert "waarde" not in node and node["cijfer"] == "€ 400"


def test_of_many_kengetallen_a_reader_sees_some_and_a_machine_all():
    many = {f"k{n}": f"kengetal {n}" for n in range(9)}
    one = replace(whole(small()), kengetallen=many)
    html = passports.fold([one]).html
    assert "kengetal 5; en 3 andere" in html and "kengetal 6" not in html
    assert passports.linked(one)["kengetal"] == list(many)


def test_a_fold_counts_its_passports_and_none_is_nothing():
    one = whole(small())
    assert passports.fold([]).html == "" and passports.fold([]).linked == ()
    assert passports.fold([one]).html.startswith(
        '<details class="wb-pas"><summary>Cijferpaspoort</summary><dl id="#pas">'
    )
    two = passports.fold([one, one], "de rekening")
    assert "<summary>2 cijferpaspoorten: de rekening</summary>" in two.html
    assert two.html.count('class="wb-pas-een"') == 2 == len(two.linked)


def test_names_with_markup_are_inert():
    one = replace(whole(small()), naam="<script>alert(1)</script>", cijfer='"><b>')
    html = passports.fold([one, one]).html
    assert "<script" not in html and "<b>" not in html


def test_a_notebook_shows_the_fold_and_keeps_the_linked_data():
    shown = (Html("<p>tabel</p>") + passports.fold([whole(small())])).with_class("x")
    bundle = shown._repr_mimebundle_()
    assert len(bundle[LINKED_DATA]) == 1 and "Cijferpaspoort" in bundle["text/html"]
    assert LINKED_DATA not in Html("<p></p>")._repr_mimebundle_()


def test_the_document_leads_from_each_figure_to_its_step_and_the_hash_of_its_sources():
    nodes = [passports.linked(whole(small(), bedrag=400.0, se=20.0))] * 2
    text = json.loads(json.dumps(passports.document([("cel-11-kern", nodes), ("leeg", [])])))
    graph = {node["@id"]: node for node in text["@graph"]}
    figure = graph["#cel-11-kern-2"]
    assert figure["waarde"] == 400.0 and figure["stap"] == "#cel-11-kern"
    assert graph[figure["stap"]]["@type"] == "prov:Activity"
    for source in figure["bron"]:
        assert re.fullmatch(r"[0-9a-f]{64}", graph[source]["sha256"])


def test_a_table_that_comes_straight_from_sources_names_their_years():
    one = passports.of_kind("Tabel", ["kwb"], [2023], "zoals CBS het geeft")
    assert one.jaren == [2023] and set(one.bronnen) == {"kwb-2023"}
    assert passports.of_kind("Tabel", ["kwb"], [1900], "niets").bronnen == {}
    assert one.cijfer == passports.WHOLE
