"""The flows of an area give the totals of the grootboek, by every step of a chapter."""

import os

import numpy as np
import pandas as pd
import pytest

from wijkboek_utils import area_flows, ledger, mapplan, regions, views
from wijkboek_utils.allocate import published_sign

AREAS = ["whole", "wijk", "parts", "unsure"]


def weights(gemeente, kind: str) -> ledger.Weights:
    """Return an area of a gemeente: all of it, a wijk, parts of buurten, or with unsure borders."""
    buurten = pd.Index(gemeente.grootboek["buurt"].unique())
    random = np.random.default_rng(3)
    if kind == "whole":
        return pd.Series(1.0, index=buurten)
    if kind == "wijk":
        wijken = buurten.map(regions.wijk_of)
        return pd.Series((wijken == wijken[0]).astype(float), index=buurten)
    share = pd.Series(random.random(len(buurten)).round(2), index=buurten)
    share = share.where(random.random(len(buurten)) < 0.3, 0.0)
    if kind == "parts":
        return share
    return pd.DataFrame({"gewicht": share, "fout": share * (1 - share) / 3})


@pytest.fixture(scope="module", params=AREAS)
def area(request, gemeenten):
    """Return the grootboek of a gemeente, the weights of an area in it, and its flows."""
    gemeente = gemeenten["GM0202"]
    inside = weights(gemeente, request.param)
    return gemeente.grootboek, inside, area_flows.of(gemeente.grootboek, inside)


def same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-9, atol=0.0101)


@pytest.mark.parametrize("by", [[], ["van", "naar"], ["domein"], ["post", "naar"]])
def test_totals_of_flows_are_those_of_the_boekingen(area, by):
    boekingen, inside, flows = area
    same(flows.totals(flows.rows, by), ledger.totals(boekingen, inside, by))


@pytest.mark.parametrize("by", [[], ["post"], ["domein"]])
def test_net_totals_of_some_flows_are_those_of_their_boekingen(area, by):
    boekingen, inside, flows = area
    some, rows = views.services(flows.rows), views.services(boekingen)
    wanted = ledger.totals(rows, inside, by, published_sign(rows))
    same(flows.totals(some, by, published_sign(some)), wanted)
    certain = ledger.totals(rows, ledger.shares(inside), by, published_sign(rows))
    same(flows.certain().totals(some, by, published_sign(some)), certain)


def test_no_flow_is_no_total(area):
    flows = area[2]
    for by in ([], ["van"]):
        assert flows.totals(flows.rows[:0], by).empty


def test_the_kinds_of_boekingen_hold_each_of_them_once(area):
    boekingen, inside, _ = area
    mask = (boekingen["buurt"].map(ledger.shares(inside)) > 0).to_numpy()
    kinds = area_flows.kinds(boekingen, mask, ["methode", "bron"])
    rows = boekingen[mask]
    assert kinds["aantal"].sum() == len(rows) > len(kinds)
    assert kinds["bedrag"].sum() == pytest.approx(rows["bedrag"].sum())
    assert not kinds.duplicated([*area_flows.FACTS, "methode", "bron"]).any()
    first = rows.drop_duplicates(["post", "bron"])[["post", "bron"]].to_numpy().tolist()
    assert kinds.drop_duplicates(["post", "bron"])[["post", "bron"]].to_numpy().tolist() == first
    assert set(kinds["buurt"]) <= {"", regions.rest_of("GM0202")}


def test_an_unknown_amount_stays_unknown_in_a_kind():
    rows = pd.DataFrame({"buurt": ["BU1", "BU2", "BU3"], "bedrag": [np.nan, np.nan, 4.0]})
    rows = rows.assign(post="p", van="a", naar="b", domein="d", sleutel=None)
    kinds = area_flows.kinds(rows.assign(naar=["b", "b", "c"]), np.ones(3, bool), [])
    assert kinds["bedrag"].isna().tolist() == [True, False]
    assert kinds["aantal"].tolist() == [2, 1]


def test_flows_of_a_pilot_are_read_once_until_its_books_are_made_again(
    monkeypatch, tmp_path, gemeenten
):
    monkeypatch.setattr("wijkboek_utils.sources.PROCESSED", tmp_path)
    gemeente = gemeenten["GM0080"]
    gebied = pd.DataFrame({"buurt": gemeente.grootboek["buurt"].unique(), "gewicht": 1.0})
    gebied["fout"] = 0.0
    (tmp_path / "x").mkdir()
    gebied.to_parquet(tmp_path / "x" / "gebied.parquet")
    books = tmp_path / "x" / "grootboek.parquet"
    found = []
    for n, rows in enumerate([gemeente.grootboek, gemeente.grootboek, gemeente.grootboek[:500]]):
        rows.to_parquet(books)
        os.utime(books, ns=(n // 2, n // 2))
        found.append(area_flows.read("x"))
    assert found[0].loadings is found[1].loadings
    assert len(found[2].rows) < len(found[1].rows)


def test_a_map_of_the_same_areas_is_laid_out_once():
    from shapely.geometry import box

    areas = [box(n, 0, n + 1, 1) for n in range(3)]
    plan = mapplan.of(areas)
    assert mapplan.of([*areas]) is plan and mapplan.of(areas[:2]) is not plan
    assert plan.outline((0, 1)) != plan.outline((0, 2)) and len(plan.paths) == 3


def test_what_flows_keep_is_what_is_computed_and_cannot_be_changed(area):
    flows = area[2]
    for view in (views.cost, views.expenses, views.receipts, views.gemeente_account):
        wanted, found = view.__wrapped__(flows), view(flows)
        assert found.equals(wanted)
        found["bedrag"] = np.nan
        assert view(flows).equals(wanted)
    assert flows.certain().made == {}
