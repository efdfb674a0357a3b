"""Neighbours: a distance that can be checked by hand, missing stays missing, no one is special."""

import numpy as np
import pandas as pd
import pytest

from tests import brondata, ophalen
from tests.bronserver import BronServer
from wijkboek_utils import attention, cbs, neighbours, neighbours_text, pilots, regions, sources
from wijkboek_utils.neighbours import INHABITANTS, SMALLEST

INCOME, DENSITY, CHILDREN = "Inkomen per inwoner", "Inwoners per km² land", "Kinderen tot 15 jaar"
KOOP, BENEFIT = "Koopwoningen", "Mensen met bijstand"
SPREAD = 5 / 1.349  # of 0 to 10: the quartiles are 2.5 and 7.5
PILOTS = ["utrecht-kanaleneiland", "arnhem-spijkerkwartier", "leeuwarden-heechterp-schieringen"]


def rows(own: dict, others: dict[str, list]) -> pd.DataFrame:
    """Return what `neighbours.table` returns, of an area and candidates WK000000, WK000001, ..."""
    found = [("gebied", None, name, value) for name, value in own.items()]
    for name, values in others.items():
        found += [("ander", f"WK{n:06d}", name, value) for n, value in enumerate(values)]
    frame = pd.DataFrame(found, columns=["rol", "gebied", "indicator", "waarde"])
    frame = frame.astype({"waarde": float}).dropna(subset="waarde")
    return frame.assign(jaar=2024, naam="wijk " + frame["gebied"].fillna(""), gemeente="Ergens")


def distances(frame: pd.DataFrame, number: int = 10) -> pd.Series:
    return neighbours.nearest(frame, number).set_index("gebied")["afstand"]


def real(slug: str) -> tuple[pd.DataFrame, pd.DataFrame, pilots.Pilot]:
    """Return what is compared of a pilot, from the embedded figures, and its gebied."""
    p = pilots.load(slug)
    kerncijfers = cbs.figures(p.gemeente, p.jaar)
    areas = cbs.areas(p.gemeente, p.jaar).query("soort == 'Buurt'")
    gebied = regions.weights(areas.rename(columns={"gebied": "buurt"}), p.codes)
    pool = neighbours.others(neighbours.kind(gebied), sorted(kerncijfers["jaar"].unique()))
    land = cbs.read_country()
    return neighbours.table(kerncijfers, gebied, p.codes, p.jaar, land, pool), gebied, p


# Distance.


def test_the_distance_is_that_of_a_hand_computed_case():
    up = list(range(11))
    frame = rows({INCOME: 5, DENSITY: 5}, {INCOME: up, DENSITY: up[::-1]})
    found = distances(frame)
    assert found.index.tolist()[:3] == ["WK000005", "WK000004", "WK000006"]  # a tie goes by code
    assert found.iloc[:3].tolist() == pytest.approx([0, 1 / SPREAD, 1 / SPREAD])
    assert len(found) == 10


def test_weights_decide_how_much_an_indicator_counts():
    up = list(range(11))
    frame = rows({INCOME: 5, KOOP: 5}, {INCOME: up, KOOP: [5] * 10 + [10]})
    # KOOP has no spread between the quartiles; its standard deviation takes the place of that.
    spread = np.std([5] * 10 + [10])
    far = (min(5 / spread, 3)) ** 2 * 0.25 + (5 / SPREAD) ** 2
    assert distances(frame, 11)["WK000010"] == pytest.approx(np.sqrt(far / 1.25))


def test_order_and_units_do_not_matter():
    random = np.random.default_rng(1)
    values = {name: random.normal(50, 10, 40).tolist() for name in (INCOME, DENSITY, CHILDREN)}
    frame = rows(dict.fromkeys(values, 55), values)
    found = distances(frame)
    pd.testing.assert_series_equal(found, distances(frame.sample(frac=1, random_state=2)))
    other = frame.assign(waarde=frame["waarde"].where(frame["indicator"] != INCOME, -7))
    other.loc[frame["indicator"] == INCOME, "waarde"] = 3 + 1000 * frame["waarde"]
    pd.testing.assert_series_equal(found, distances(other))


def test_an_outlier_counts_no_further_than_three_spreads():
    near, far = (
        distances(rows({INCOME: 5}, {INCOME: [*range(10), top]}), 11)["WK000010"]
        for top in (100, 10**6)
    )
    assert near == far


def test_what_is_not_known_of_both_does_not_count():
    up = [float(n) for n in range(11)]
    hole = [None, *up[1:]]
    frame = rows({INCOME: 5, DENSITY: 5}, {INCOME: up, DENSITY: hole})
    assert "WK000000" not in distances(frame).index  # half of the weight is too little
    both = rows({INCOME: 5, DENSITY: 5, KOOP: 5}, {INCOME: up, DENSITY: up, KOOP: hole})
    found = neighbours.nearest(both, 11).set_index("gebied")["bekend"]
    assert found["WK000000"] == pytest.approx(2 / 2.25) and found["WK000001"] == 1
    # What few candidates have, or the area itself lacks, is left out for all.
    few = rows({INCOME: 5, KOOP: 5}, {INCOME: up, DENSITY: up, KOOP: [1.0] + [None] * 10})
    assert (neighbours.nearest(few)["bekend"] == 1).all()


def test_the_same_everywhere_tells_nobody_apart():
    up = list(range(11))
    frame = rows({INCOME: 5, CHILDREN: 99}, {INCOME: up, CHILDREN: [7] * 11})
    assert distances(frame)["WK000005"] == 0


def test_less_than_ten_candidates_are_no_neighbours():
    frame = rows({INCOME: 5}, {INCOME: list(range(9))})
    buren = neighbours.nearest(frame)
    assert buren.empty and list(buren) == ["gebied", "naam", "gemeente", "afstand", "bekend"]
    assert "te weinig wijken" in neighbours_text.chosen(frame, buren, "Hier")
    compared = neighbours.compare(frame, buren)
    assert compared["buiten"].isna().all() and compared["waarde"].notna().all()
    assert "niet te zeggen" in neighbours_text.sentence(compared, "Hier")
    assert "<svg" not in neighbours_text.figure(compared, "Hier", "Ergens").html
    nobody = neighbours.nearest(rows({INCOME: 5}, {}))
    assert nobody.empty and neighbours_text.chosen(rows({INCOME: 5}, {}), nobody, "Hier")


def test_outcomes_do_not_choose_neighbours():
    up = list(range(11))
    frame = rows({INCOME: 5, BENEFIT: 0}, {INCOME: up, BENEFIT: up})
    assert distances(frame).index[0] == "WK000005"


# Figures of an area.


def wide(**topics: list) -> pd.DataFrame:
    """Return topics of buurten BU1, BU2, ..."""
    frame = pd.DataFrame({INHABITANTS: [1000, 1000]} | topics).astype(float)
    return frame.set_axis([f"BU{n + 1}" for n in range(len(frame))])


def test_counts_are_added_up_and_averages_weigh_by_what_they_are_of():
    table = wide(
        k_0Tot15Jaar=[100, 300],
        GemiddeldeHuishoudensgrootte=[2, 1],
        HuishoudensTotaal=[100, 300],
        OppervlakteLand=[100, 300],
    )
    table[INHABITANTS] = [1000.0, 3000.0]
    found = neighbours.of_buurten(table, pd.Series({"BU1": 1.0, "BU2": 1.0}))
    assert found[CHILDREN] == pytest.approx(10)
    assert found["Mensen per huishouden"] == pytest.approx(1.25)
    assert found[DENSITY] == pytest.approx(1000)
    half = neighbours.of_buurten(table, pd.Series({"BU1": 1.0, "BU2": 0.5}))
    assert half["Mensen per huishouden"] == pytest.approx((100 * 2 + 150 * 1) / 250)
    one = neighbours.of_buurten(table, pd.Series({"BU1": 1.0, "BU2": 0.0}))
    assert one[CHILDREN] == pytest.approx(neighbours.values(table)[CHILDREN]["BU1"])


@pytest.mark.parametrize(("people", "known"), [(100, True), (200, False)])
def test_an_area_has_a_figure_when_nine_in_ten_live_where_it_is_known(people, known):
    table = wide(k_0Tot15Jaar=[90, None])
    table[INHABITANTS] = [900.0, people]
    found = neighbours.of_buurten(table, pd.Series({"BU1": 1.0, "BU2": 1.0}))
    assert pd.notna(found[CHILDREN]) is known
    assert pd.isna(found[BENEFIT])  # nobody has it
    if known:
        assert found[CHILDREN] == pytest.approx(10)


def test_nobody_and_no_land_give_no_figure_and_no_error():
    empty = wide(k_0Tot15Jaar=[0, 0], OppervlakteLand=[0, 0])
    empty[INHABITANTS] = 0.0
    found = neighbours.of_buurten(empty, pd.Series({"BU1": 1.0, "BU2": 1.0}))
    assert found.isna().all()
    assert neighbours.values(empty).isna().all().all()
    assert neighbours.of_buurten(empty, pd.Series({"BU1": 0.0})).isna().all()


def test_buurten_together_give_the_published_figures_of_their_wijk():
    kwb = cbs.read_kwb("GM0344").query("jaar == 2023")
    table = kwb.pivot(index="gebied", columns="onderwerp", values="waarde")
    buurten = [c for c in table.index if c[:2] == "BU"]
    for code in [c for c in table.index if c[:2] == "WK"]:
        inside = pd.Series(1.0, index=[b for b in buurten if regions.wijk_of(b) == code])
        built = neighbours.of_buurten(table, inside)
        own = neighbours.values(table.loc[[code]]).iloc[0]
        off = (built / own - 1).abs().dropna()
        assert len(off) >= 12
        # CBS rounds the few people with a benefit in a buurt to tens; cars of firms stand in
        # buurten without households.
        names = [BENEFIT, "Mensen met een AO-uitkering", "Mensen met WW", "Auto's per huishouden"]
        few = off.index.isin(names)
        assert (off[~few] < 0.04).all() and (off[few] < 0.2).all(), (code, off)


# What is compared.


def kwb(codes: list[str], jaar: int = 2024, **topics: list) -> pd.DataFrame:
    """Return figures in the form of `cbs.figures`."""
    frames = [
        pd.DataFrame({"gebied": codes, "onderwerp": topic, "waarde": values})
        for topic, values in ({INHABITANTS: [2000] * len(codes)} | topics).items()
    ]
    return pd.concat(frames, ignore_index=True).assign(jaar=jaar).astype({"waarde": float})


def pool(codes: list[str], people: list, jaar: int = 2024, **topics: list) -> pd.DataFrame:
    """Return figures in the form of `neighbours.others`."""
    facts = {"gebied": codes, "naam": codes, "gemeente": "Ergens", "jaar": jaar}
    return pd.DataFrame(facts | {INHABITANTS: people} | topics)


def own_area() -> pd.DataFrame:
    buurten = pd.DataFrame({"buurt": ["BU99990101", "BU99990201"], "naam": ["a", "b"]})
    return regions.weights(buurten, ["BU99990101"])


def compare_years(own: list[pd.DataFrame], others: list[pd.DataFrame]) -> pd.DataFrame:
    land = pd.DataFrame(columns=["gebied", "jaar", "onderwerp", "waarde"])
    figures = pd.concat(own, ignore_index=True)
    found = pd.concat(others, ignore_index=True)
    return neighbours.table(figures, own_area(), ["BU99990101"], 2023, land, found)


def test_the_area_itself_what_overlaps_and_what_is_small_are_no_candidates():
    codes = ["WK999901", "WK999902", "WK888801", "WK888802"]
    people = [5000, 5000, SMALLEST, SMALLEST - 5]
    own = kwb(["BU99990101", "GM9999"], k_0Tot15Jaar=[200, 300])
    found = compare_years([own], [pool(codes, people, k_0Tot15Jaar=[100] * 4)])
    assert found.loc[found["rol"] == "ander", "gebied"].unique().tolist() == codes[1:3]
    roles = found[found["indicator"] == CHILDREN].groupby("rol")["waarde"].first()
    assert roles["gebied"] == 10 and roles["gemeente"] == 15


def test_an_indicator_has_the_year_that_the_area_and_nearly_all_others_have():
    codes = [f"WK8888{n:02d}" for n in range(20)]
    own = [
        kwb(["BU99990101"], year, k_0Tot15Jaar=[200], k_65JaarOfOuder=[100])
        for year in (2021, 2023, 2024)
    ]
    full = {"k_0Tot15Jaar": [100] * 20, "k_65JaarOfOuder": [None] * 20}
    others = [
        pool(codes, [5000] * 20, 2021, **full),
        pool(codes, [5000] * 20, 2023, k_0Tot15Jaar=[100] * 10 + [None] * 10),
        pool(codes, [5000] * 20, 2024, **full),
    ]
    years = compare_years(own, others).groupby("indicator")["jaar"].agg(["min", "max"])
    assert years.loc[CHILDREN].tolist() == [2021, 2021]  # not the half of 2023, not a later year
    assert years.loc["Mensen van 65 en ouder"].tolist() == [2023, 2023]  # nobody else has it


def test_a_whole_gemeente_is_compared_with_gemeenten():
    everything = own_area().assign(gewicht=1.0)
    assert (neighbours.kind(everything), neighbours.kind(own_area())) == ("GM", "WK")
    found = neighbours.others("GM", [2024])
    assert set(found["gebied"]) == {"GM0344", "GM0202", "GM0080"}
    assert (found["naam"] == found["gemeente"]).all()
    assert neighbours.others("WK", [1999]).empty


@pytest.mark.parametrize("slug", PILOTS)
def test_each_pilot_has_ten_neighbours_outside_itself(slug):
    found, gebied, p = real(slug)
    buren = neighbours.nearest(found)
    assert len(buren) == 10 and buren["afstand"].is_monotonic_increasing
    assert not set(buren["gebied"]) & set(gebied.loc[gebied["gewicht"] > 0, "wijk"])
    compared = neighbours.compare(found, buren)
    assert compared["buiten"].notna().sum() >= 7
    assert {INCOME, CHILDREN, DENSITY} <= set(compared["indicator"])
    text = neighbours_text.chosen(found, buren, p.naam)
    assert "3 gemeenten, nog niet van heel Nederland" in text
    for shown in (text, neighbours_text.sentence(compared, p.naam)):
        assert p.naam in shown and "nan" not in shown
    html = neighbours_text.figure(compared, p.naam, p.gemeentenaam).html
    assert html.count("<circle") == compared["midden"].notna().sum()
    assert "nan" not in html and p.gemeentenaam in html


def test_kanaleneiland_looks_like_other_wijken_with_low_incomes_and_few_owners():
    found, _, _ = real("utrecht-kanaleneiland")
    names = set(neighbours.nearest(found)["naam"])
    assert {"Presikhaaf-West", "Wijk 03 Overvecht", "Vrijheidswijk"} <= names
    assert not {"Goutum", "Dorpen Zuid-Oost", "Schuytgraaf"} & names


def test_a_wijk_with_the_name_of_its_gemeente_keeps_its_own_figures():
    frame = rows({INCOME: 5}, {INCOME: list(range(10))})
    whole = frame.iloc[:1].assign(rol="gemeente", waarde=7000.0)
    found = neighbours.compare(pd.concat([frame, whole]), neighbours.nearest(frame))
    html = neighbours_text.table(found.assign(waarde=9000.0), "Elburg", "Elburg").html
    assert "9.000" in html and "7.000" in html and ">Gemeente</th>" in html
    alone = neighbours_text.table(found.assign(waarde=7000.0), "Elburg", "Elburg").html
    assert ">Gemeente</th>" not in alone and "naast Nederland" not in html


def test_of_a_country_with_all_gemeenten_nothing_is_said_to_lack():
    frame = rows({INCOME: 5}, {INCOME: [n % 11 for n in range(3300)]})
    other = frame["rol"] == "ander"
    frame.loc[other, "gebied"] = [f"WK{n % 330:04d}{n // 330:02d}" for n in range(3300)]
    text = neighbours_text.chosen(frame, neighbours.nearest(frame), "Hier")
    assert "3.300 wijken" in text and "heel Nederland" not in text


# What stands out.


def compared(values: list, **facts) -> pd.DataFrame:
    frame = rows({BENEFIT: values[0]}, {BENEFIT: values[1:], INCOME: list(range(10))})
    buren = pd.DataFrame({"gebied": [f"WK{n:06d}" for n in range(10)]})
    return neighbours.compare(frame, buren).assign(**facts)


@pytest.mark.parametrize(
    ("own", "beyond"), [(25, 0.5), (20, 0), (15, 0), (10, 0), (5, -0.5), (20.4, 0), (9.6, 0)]
)
def test_outside_is_beyond_all_ten_and_what_prints_the_same_is_not(own, beyond):
    found = compared([own, *range(10, 19), 20])
    assert found["buiten"].iloc[0] == pytest.approx(beyond)
    text = neighbours_text.sentence(found, "Hier")
    assert ("bij de tien hoogstens 20" in text) is (beyond > 0)
    assert ("bij de tien minstens 10" in text) is (beyond < 0)
    assert ("valt niet op" in text) is (beyond == 0)


def test_a_range_needs_eight_of_the_ten():
    eight, seven = (compared([99, *range(n), *[None] * (10 - n)]) for n in (8, 7))
    assert eight["buiten"].iloc[0] > 0 and eight["hoog"].iloc[0] == 7
    assert seven[["laag", "midden", "hoog", "buiten"]].isna().all().all()
    assert seven["n"].iloc[0] == 7 and seven["waarde"].iloc[0] == 99


def test_equal_neighbours_have_a_range_of_nothing():
    assert compared([7, *[5] * 10])["buiten"].iloc[0] == 2
    assert compared([5, *[5] * 10])["buiten"].iloc[0] == 0


def test_one_outsider_may_be_chance_and_a_poor_match_is_told():
    one = compared([99, *range(10)])
    text = neighbours_text.sentence(one, "Hier")
    assert "door toeval" in text and "kozen" not in text
    more = pd.concat([one.assign(indicator=n) for n in (BENEFIT, INCOME, DENSITY, KOOP)])
    text = neighbours_text.sentence(more, "Hier")
    assert "Op 4 van de 4 cijfers" in text and "door toeval" not in text
    assert text.count("bij de tien") == 3 and "waarop wij de tien kozen" in text


# The table of indicators.


def test_every_indicator_is_made_of_topics_that_we_read():
    known = set(sources.read_project_table("onderwerpen")["onderwerp"])
    assert set(neighbours._topics()) <= known
    assert len(neighbours.indicators()) == 20
    weights = sum(i.gewicht for i in neighbours.indicators().values())
    assert weights == pytest.approx(5)  # five themes, each once


# Fetched tables.


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """Return what is compared of the wijken in a project that fetched the whole country."""
    ophalen.settle(tmp_path, monkeypatch.setattr)
    with BronServer(brondata.embedded(), page_rows=500) as server:
        assert not any(r.failed for r in ophalen.pull(server, "kwb-2024", scope="NL"))
        yield neighbours.others("WK", [2024])
    monkeypatch.undo()
    ophalen.forget()


def test_a_fetched_country_gives_the_figures_of_the_embedded_tables(fetched, monkeypatch):
    monkeypatch.undo()
    ophalen.forget()
    ours = neighbours.others("WK", [2024])
    both = [f.sort_values("gebied", ignore_index=True) for f in (fetched, ours)]
    assert len(both[0]) == 56
    pd.testing.assert_frame_equal(*both, check_dtype=False)


# Attention wijken.


def test_the_lists_are_whole_and_every_code_is_one_of_cbs():
    rows = attention.attention()
    assert rows["lijst"].value_counts().to_dict() == {"vogelaar-2007": 40, "nplv-2022": 20}
    raw = sources.read_project_table("aandachtswijken")
    assert (raw["bron"] != "").all() and (raw["vindplaats"] != "").all()
    assert ((raw["codes"] == "") == (raw["koppeling"] == "")).all()
    for row in rows[rows["codes"].map(bool)].itertuples():
        for code in row.codes:
            areas = cbs.areas(regions.gemeente_of(code)).set_index("gebied")["naam"]
            assert areas[regions.gemeente_of(code)] == row.gemeente
            words = row.naam.replace(" en ", "-").replace(" ", "-").split("-")
            assert any(word in areas[code] for word in words)


@pytest.mark.parametrize(
    ("slug", "on", "off"),
    [
        ("utrecht-kanaleneiland", "hoort bij de veertig", "hoort niet bij de twintig"),
        ("arnhem-spijkerkwartier", "«Arnhem-Oost»", "hoort niet bij de veertig"),
        ("leeuwarden-heechterp-schieringen", "hoort bij de veertig", "«Leeuwarden-Oost»"),
    ],
)
def test_a_pilot_is_on_a_list_or_not_or_we_do_not_know(slug, on, off):
    _, gebied, p = real(slug)
    people = cbs.indicators(p.gemeente, p.jaar).query("onderwerp == @INHABITANTS")
    lists = attention.listed(gebied, people.set_index("gebied")["waarde"], [p.gemeentenaam])
    text = attention.listed_sentence(lists, p.naam)
    assert on in text and off in text
    assert lists["lijst"].tolist() == ["vogelaar-2007", "nplv-2022"]


def test_an_area_may_be_on_a_list_for_a_part():
    _, gebied, _ = real("utrecht-kanaleneiland")
    everyone = gebied.assign(gewicht=1.0)
    people = pd.Series(100.0, index=gebied["buurt"])
    lists = attention.listed(everyone, people, ["Utrecht"]).set_index("lijst")
    overvecht = (gebied["wijk"] == "WK034403").sum() / gebied["wijk"].notna().sum()
    assert lists["aandeel"]["nplv-2022"] == pytest.approx(overvecht)
    assert lists["onbekend"]["vogelaar-2007"] == ["Zuilen-Oost"]
    assert "procent" in attention.listed_sentence(lists.reset_index(), "Utrecht")
    elsewhere = attention.listed(everyone, people, ["Nergens"])
    assert attention.listed_sentence(elsewhere, "Nergens").count("hoort niet bij") == 2


def test_attention_wijken_are_compared_where_we_know_all_of_them():
    found = attention.groups(neighbours.others("WK", [2023, 2024]))
    income = found.set_index("indicator").loc[INCOME]
    assert (income["n_wel"], income["n_niet"]) == (8, 35)  # not Utrecht: one area is not found
    assert income["midden_wel"] < income["midden_niet"]
    assert "te weinig voor een conclusie" in attention.groups_sentence(found)
    assert "nan" not in attention.groups_table(found).html
    later = attention.groups(neighbours.others("WK", [2024]), "nplv-2022")
    assert set(later["n_wel"]) == {1}  # Overvecht: of Arnhem and Leeuwarden we know no boundaries
    none = attention.groups(neighbours.others("WK", [1999]))
    assert none.empty and "geen cijfers" in attention.groups_sentence(none)


def test_a_wijk_that_is_on_a_list_for_a_part_is_in_neither_group(monkeypatch):
    rows = attention.attention()
    one = rows[rows["naam"] == "Klarendal"]
    part = one.assign(codes=[["BU02020320"]], naam="Arnhemse Broek")
    monkeypatch.setattr(attention, "attention", lambda: pd.concat([one, part]))
    people = attention.groups(neighbours.others("WK", [2024])).set_index("indicator").loc[CHILDREN]
    assert (people["n_wel"], people["n_niet"]) == (1, 22)  # of 24 wijken in Arnhem


def test_with_enough_wijken_what_sets_them_apart_is_named():
    facts = {"indicator": [BENEFIT, INCOME], "n_wel": 12, "n_niet": 30}
    ranges = {"laag_niet": [1, 20], "hoog_niet": [5, 40], "midden_wel": [9, 30]}
    found = pd.DataFrame(facts | ranges)
    text = attention.groups_sentence(found)
    assert "mensen met bijstand" in text and "inkomen" not in text
    same = attention.groups_sentence(found.assign(midden_wel=[3, 30]))
    assert "op geen enkel cijfer" in same
