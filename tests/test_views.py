"""Municipal money of an area: what the tables and sentences of the report stand on."""

import pytest

from wijkboek_utils import allocate, area_flows, views


def test_the_account_of_kanaleneiland_adds_up(utrecht):
    weights = utrecht.weights("BU03440821", "BU03440831", "BU03440832")
    account = views.gemeente_account(area_flows.of(utrecht.ledger, weights)).set_index("regel")[
        "bedrag"
    ]
    lasten = views.net_expenses(utrecht.ledger, weights)["bedrag"].item()
    assert account["Uitgaven samen"] == lasten == pytest.approx(106_981_100, abs=1)
    assert account["Inkomsten samen"] == pytest.approx(95_036_179, abs=1)
    assert account["Inkomsten min uitgaven"] == pytest.approx(-11_944_920, abs=1)
    parts = views.expenses(area_flows.of(utrecht.ledger, weights))["bedrag"].sum()
    negative = views.negative_expenses(area_flows.of(utrecht.ledger, weights))["bedrag"].sum()
    assert parts - negative == pytest.approx(lasten, abs=0.05)


def test_services_and_what_is_kept_apart_are_all_that_the_gemeente_published(utrecht):
    everywhere = utrecht.weights("GM0344")
    names = utrecht.rekening.set_index("taakveld")["naam"]
    apart = views.kept_apart(utrecht.ledger, names)["lasten"].sum()
    services = views.net_expenses(utrecht.ledger, everywhere)["bedrag"].item()
    assert apart + services == pytest.approx(utrecht.rekening["lasten"].sum(), abs=0.05)


def test_taakvelden_are_ordered_as_people_read_them():
    codes = ["0.10", "6.71a", "0.9", "0.62", "0.7", "6.6", "6.71", "0.5", "1.1", "6.81"]
    assert sorted(codes, key=views.taakveld_order) == [
        "0.5", "0.62", "0.7", "0.9", "0.10", "1.1", "6.6", "6.71", "6.71a", "6.81",
    ]  # fmt: skip


def test_the_share_of_poorer_keys_is_zero_where_every_key_is_the_asked_one(gemeenten):
    def share(code, wijk):
        gemeente = gemeenten[code]
        used = allocate.keys_used(gemeente.bedragen, "beredeneerd", {gemeente.code: gemeente.keys})
        table = views.poorer_share(area_flows.of(gemeente.ledger, gemeente.weights(wijk)), used)
        return (table["arm"].sum() / table["bedrag"].sum()), table, used

    rich, _, used = share("GM0344", "WK034408")
    poor, table, _ = share("GM0202", "WK020202")
    assert rich < poor and poor == pytest.approx(0.51, abs=0.01)
    assert table.set_index("domein").loc["groen", "arm"] == 0
    same = used.assign(gebruikt=used["gevraagd"])
    flows = area_flows.of(gemeenten["GM0344"].ledger, gemeenten["GM0344"].weights("WK034408"))
    assert views.poorer_share(flows, same)["arm"].sum() == 0


def test_each_set_keeps_what_the_area_pays_but_for_plain_inhabitants(utrecht):
    table = views.compare_sets(utrecht.sets, utrecht.weights("WK034408")).set_index("set")
    assert table.loc["beredeneerd", "eigen"] == table.loc["gemeentefonds", "eigen"]
    assert table.loc["beredeneerd", "eigen"] != table.loc["inwoners", "eigen"]


def test_few_inhabitants_give_no_amount_per_inhabitant(utrecht):
    from wijkboek_utils import cbs, regions

    buurten = cbs.areas("GM0344").query("soort == 'Buurt'").rename(columns={"gebied": "buurt"})
    gebied = regions.weights(buurten, ["WK034408"])
    counted = utrecht.indicatoren.query("onderwerp == 'AantalInwoners'")
    inwoners = counted.set_index("gebied")["waarde"]
    table = views.per_inhabitant(utrecht.ledger, gebied, inwoners).set_index("buurt")
    assert len(table) == 111
    few = table["inwoners"] < views.FEW
    assert few.sum() == 3 and table.loc[few, "per_inwoner"].isna().all()
    assert table.loc[~few, "per_inwoner"].notna().all()
