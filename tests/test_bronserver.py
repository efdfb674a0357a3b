"""The server of tests says what CBS and PDOK say, to their own clients, and fails as told."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import cbsodata
import pandas as pd
import pytest
import requests

from tests import brondata, bronlocatie, bronodata
from tests.bronodata import Record, Table
from tests.bronpdok import RD
from tests.bronserver import BronServer, Fault

TABLE = brondata.small(rows=1200)
CODES = [code.strip() for code in TABLE.columns["WijkenEnBuurten"]]
ITEMS = "api.pdok.nl/cbs/wijken-en-buurten-2024/ogc/v1/collections/buurten/items"
UTRECHT = "startswith(WijkenEnBuurten,'BU0344') or WijkenEnBuurten eq 'GM0344    '"


@pytest.fixture(scope="module")
def shared() -> Iterator[BronServer]:
    """Return a server with a made-up table, our own figures and the boundaries."""
    own = [table for table in brondata.embedded() if table.id != TABLE.id]
    with BronServer([TABLE, *own], brondata.boundaries(), page_rows=500) as server:
        yield server


@pytest.fixture
def server(shared: BronServer, monkeypatch: pytest.MonkeyPatch) -> BronServer:
    """Return the shared server as it was at its start."""
    shared.log.clear()
    shared.faults.clear()
    monkeypatch.setattr(shared, "property_filters", True)
    monkeypatch.setattr(shared, "tables", dict(shared.tables))
    monkeypatch.setattr(cbsodata.options, "use_https", False)
    return shared


def meta(server: BronServer, name: str, table: str = TABLE.id, **query: Any) -> list[Record]:
    """Download an entity set with the client that everyone uses."""
    host = server.tables[table].catalog
    return cbsodata.get_meta(table, name, catalog_url=f"{server.host}/{host}", **query)


def ask(server: BronServer, path: str, timeout: float = 5, **query: Any) -> requests.Response:
    """Ask for a path below ODataFeed of our table, or for a path that begins with a host."""
    below = f"opendata.cbs.nl/ODataFeed/odata/{TABLE.id}/"
    url = f"{server.address}/{path if '.nl/' in path else below + path}"
    options = {f"${name}": value for name, value in query.items()}
    return requests.get(url, {"$format": "json"} | options, timeout=timeout)


def rows_of(table: Table) -> list[Record]:
    """Return the rows as they should come out."""
    columns = {"ID": range(len(table)), **table.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


# CBS.


def test_cbsodata_gets_exactly_the_rows_through_several_pages(server):
    assert meta(server, "TypedDataSet") == rows_of(TABLE)
    pages = server.asked("TypedDataSet")
    assert [page.partition("$skip=")[2] for page in pages] == ["", "500", "1000"]


def test_a_filter_and_a_choice_of_columns_hold_on_every_page(server, monkeypatch):
    monkeypatch.setattr(server, "page_rows", 40)
    found = meta(server, "TypedDataSet", filters=UTRECHT, select=["ID", "WijkenEnBuurten"])
    chosen = [r for r in rows_of(TABLE) if r["WijkenEnBuurten"].startswith(("BU0344", "GM0344"))]
    assert found == [{k: r[k] for k in ("ID", "WijkenEnBuurten")} for r in chosen]
    assert len(server.asked("TypedDataSet")) == -(-len(chosen) // 40) > 1


def test_cbsodata_downloads_a_whole_table(server):
    address = f"{server.host}/opendata.cbs.nl"
    # It drops the set that it is asked for, and brings the other one.
    parts = cbsodata.download_data(TABLE.id, catalog_url=address, typed=False)
    assert len(parts["TypedDataSet"]) == len(parts["WijkenEnBuurten"]) == len(TABLE)
    assert cbsodata.get_info(TABLE.id, catalog_url=address)["Modified"] == TABLE.modified


def test_keys_are_padded_as_cbs_pads_them(server):
    assert {len(row["Key"]) for row in meta(server, "WijkenEnBuurten")} == {10}
    (first, *_) = meta(server, "TypedDataSet", "45063NED")
    assert first["TaakveldBalanspost"] == "0.1   "
    assert (first["Gemeenten"], first["Categorie"]) == ("GM0080    ", "L1.1  ")
    assert not meta(server, "TypedDataSet", filters="WijkenEnBuurten eq 'GM0344'")


def test_numbers_are_typed_or_padded_text(server):
    typed, text = (meta(server, name) for name in ("TypedDataSet", "UntypedDataSet"))
    pairs = {(a["Mannen_6"], b["Mannen_6"]) for a, b in zip(typed, text, strict=True)}
    assert all(b == ("       ." if a is None else f"{a:8d}") for a, b in pairs)
    assert (None, "       .") in pairs


def test_the_api_refuses_what_the_feed_sends_in_pages(server):
    url = f"opendata.cbs.nl/ODataApi/odata/{TABLE.id}/TypedDataSet"
    assert ask(server, url, top=1250 - 1, select="ID").json()["value"][-1] == {"ID": 1199}
    refused = ask(server, url, select=",".join(["ID", *TABLE.columns][:9] * 2))
    assert (refused.status_code, list(refused.json())) == (500, ["odata.error"])
    assert len(ask(server, url, top=1250, filter=UTRECHT).json()["value"]) < 1200


def test_the_catalogue_lists_the_tables_of_a_host(server):
    def listed(host: str, **query: Any) -> list[Record]:
        return cbsodata.get_table_list(catalog_url=f"{server.host}/{host}", **query)

    assert {t["Identifier"] for t in listed("dataderden.cbs.nl")} == {"45063NED", "45067NED"}
    (found,) = listed("opendata.cbs.nl", filters=f"Identifier eq '{TABLE.id}'")
    assert (found["RecordCount"], found["ColumnCount"]) == (len(TABLE), 8)
    assert requests.get(found["FeedUrl"] + "/$count", timeout=5).status_code == 404
    listing = requests.get(found["FeedUrl"], {"$format": "json"}, timeout=5).json()["value"]
    assert [s["name"] for s in listing][-2:] == ["CategoryGroups", "WijkenEnBuurten"]


def test_what_is_not_there_is_not_found_and_the_case_of_a_path_does_not_matter(server):
    for path in ("Nergens", "TypedDataSet/Nergens", "opendata.cbs.nl/ODataFeed/odata/45063NED"):
        found = ask(server, path)
        assert (found.status_code, list(found.json())) == (404, ["odata.error"])
    assert ask(server, f"opendata.cbs.nl/odatafeed/ODATA/{TABLE.id.lower()}/tableinfos").ok


def test_without_a_format_the_answer_is_atom(server):
    url = f"{server.address}/opendata.cbs.nl/ODataFeed/odata/{TABLE.id}/TypedDataSet"
    assert requests.get(url, timeout=5).headers["Content-Type"].startswith("application/atom+xml")
    assert requests.get(url, headers={"Accept": "application/json"}, timeout=5).json()["value"]


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ("startswith(WijkenEnBuurten,'GM')", lambda c: c.startswith("GM")),
        ("startswith(WijkenEnBuurten,'GM') eq true", lambda c: c.startswith("GM")),
        ("startswith(WijkenEnBuurten, 'GM') eq false", lambda c: not c.startswith("GM")),
        ("substringof('AA',WijkenEnBuurten)", lambda c: "AA" in c),
        ("WijkenEnBuurten ne 'GM0363    '", lambda c: c != "GM0363"),
        (
            "startswith(WijkenEnBuurten,'GM') or startswith(WijkenEnBuurten,'WK') and ID eq 0",
            lambda c: c.startswith("GM"),
        ),
        (
            "(startswith(WijkenEnBuurten,'GM') or startswith(WijkenEnBuurten,'WK')) and ID ne 0",
            lambda c: c[:2] in ("GM", "WK"),
        ),
    ],
)
def test_a_filter_means_what_odata_says(server, condition, passes):
    assert ask(server, "TypedDataSet/$count", filter=condition).json() == sum(map(passes, CODES))


@pytest.mark.parametrize(
    "condition",
    ["WijkenEnBuurten", "ID eq", "(ID eq 1", "ID eq 1)", "ID gt 1", "Onzin eq 1", "ID eq 'x", "ID"],
)
def test_a_wrong_filter_is_refused(server, condition):
    refused = ask(server, "TypedDataSet", filter=condition)
    assert (refused.status_code, list(refused.json())) == (400, ["odata.error"])


def test_pages_can_be_asked_for_one_by_one(server):
    page = ask(
        server, "TypedDataSet", skip=600, top=550, inlinecount="allpages", select="ID"
    ).json()
    rest = requests.get(page["odata.nextLink"], timeout=5).json()
    assert page["odata.count"] == rest["odata.count"] == str(len(TABLE))
    assert [row["ID"] for row in page["value"] + rest["value"]] == list(range(600, 1150))
    assert "odata.nextLink" not in rest
    assert ask(server, "TypedDataSet", skip="x").status_code == 400


# The tables.


def test_our_own_figures_come_back_as_they_are_in_data_raw(server):
    topics = meta(server, "DataProperties", "85618NED", filters="Title eq 'Mannen'")
    rows = meta(server, "TypedDataSet", "85618NED", filters="startswith(WijkenEnBuurten,'GM0344')")
    assert [row[topics[0]["Key"]] for row in rows] == [180_335]


@pytest.mark.parametrize(("id", "year"), [("85618NED", 2023), ("85984NED", 2024)])
def test_every_raw_figure_has_one_place_in_its_table(id, year):
    table = brondata.kwb(id, year)
    codes = [code.strip() for code in table.columns["WijkenEnBuurten"]]
    raw = pd.read_csv(brondata.RAW / "cbs-kwb" / f"{id}.csv").pivot(
        index="gebied", columns="onderwerp", values="waarde"
    )
    for stem, figures in raw.loc[codes].items():
        (key,) = (key for key in table.topics() if key.rpartition("_")[0] == stem)
        there = pd.to_numeric(pd.Series(table.columns[key], index=codes))
        pd.testing.assert_series_equal(there, figures, check_names=False, check_dtype=False)


def test_the_accounts_of_utrecht_add_up(server):
    only = "startswith(Gemeenten,'GM0344') and Verslagsoort eq '2023X005'"
    rows = pd.DataFrame(meta(server, "TypedDataSet", "45063NED", filters=only))
    rows = rows[~rows["TaakveldBalanspost"].str.strip().isin(["0.10", "0.11", *brondata.BALANCE])]
    rows = rows[rows["k_2ePlaatsing_2"] != brondata.NO_FIGURE]
    sums = rows.groupby(rows["Categorie"].str[0])["k_2ePlaatsing_2"].sum()
    assert sums.to_dict() == {"B": 1_816_154, "L": 1_887_759}


def test_cbs_changes_a_table_while_it_is_being_read(server):
    place = ("Aantal inwoners", "Bevolking")
    changed = bronodata.renumber(bronodata.modified(TABLE, "2026-01-01T02:00:00"), by=3)
    changed = bronodata.rename_unit(changed, *place, "x 1 000")
    server.tables[TABLE.id] = bronodata.vanish(changed, "Mannen", "Bevolking > Geslacht")
    topics = {p["Key"]: p for p in meta(server, "DataProperties") if p["Type"] == "Topic"}
    assert (topics["AantalInwoners_8"]["Unit"], "Mannen_9" in topics) == ("x 1 000", False)
    assert meta(server, "TypedDataSet")[0].keys() == {"ID", "WijkenEnBuurten", *topics}
    assert meta(server, "TableInfos")[0]["Modified"] == "2026-01-01T02:00:00"


def test_a_made_up_table_looks_real():
    table = brondata.generated(rows=3000, columns=128)
    keys = table.columns["WijkenEnBuurten"]
    assert (len(table), len(table.topics())) == (3000, 128)
    assert list(keys) == sorted(set(keys))
    assert {"BU0363AA01", "GM0344    "} <= set(keys)
    assert table.path(table.topics()["Appartement_54"]).endswith("Naar woningtype")


# Faults.


def test_a_fault_strikes_as_often_as_told_after_those_it_skips(server):
    server.faults.append(Fault("status", r"skip=\d", skip=1, times=2, code=429, retry_after=7))
    answers = [ask(server, "TypedDataSet", skip=n) for n in range(5)]
    assert [a.status_code for a in answers] == [200, 429, 429, 200, 200]
    assert [a.headers.get("Retry-After") for a in answers[:2]] == [None, "7"]
    assert ask(server, "TypedDataSet").ok


def test_a_reset_comes_half_way(server):
    server.faults.append(Fault("reset"))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)) as e:
        ask(server, "TypedDataSet")
    assert "reset" in str(e.value).lower() or "IncompleteRead" in str(e.value)
    assert ask(server, "TypedDataSet").ok


def test_a_truncated_answer_looks_whole_and_is_no_json(server):
    whole = ask(server, "TypedDataSet")
    server.faults.append(Fault("truncated"))
    cut = ask(server, "TypedDataSet")
    assert int(cut.headers["Content-Length"]) == len(cut.content) == len(whole.content) // 2
    with pytest.raises(requests.exceptions.JSONDecodeError):
        cut.json()


def test_a_page_for_people_comes_with_status_200(server):
    server.faults.append(Fault("html"))
    page = ask(server, "TypedDataSet")
    assert (page.status_code, page.headers["Content-Type"][:9]) == (200, "text/html")


def test_a_drip_outlives_a_timeout_between_bytes(server):
    server.faults.append(Fault("drip", seconds=0.6))
    start = time.monotonic()
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(server, "TypedDataSet", timeout=0.3)
    assert time.monotonic() - start > 0.5


def fetched(server: BronServer) -> list[int]:
    """Return the row numbers that a client gets that follows the links."""
    return [row["ID"] for row in meta(server, "TypedDataSet", select="ID")]


def test_pages_come_twice_or_not_at_all_and_no_link_shows_it(server):
    server.faults.append(Fault("repeat", "skip=500"))
    assert fetched(server) == [*range(500), *range(500), *range(1000, 1200)]
    server.faults[:] = [Fault("missing", r"TypedDataSet\?")]
    assert fetched(server) == [*range(500), *range(1000, 1200)]
    server.faults[:] = [Fault("empty", "skip=500")]
    assert fetched(server) == [*range(500)]
    assert fetched(server) == [*range(1200)]


def test_a_count_is_off(server):
    server.faults.append(Fault("count", times=2, by=-3))
    page = ask(server, "TypedDataSet", inlinecount="allpages", top=1).json()
    assert page["odata.count"] == "1197"
    assert ask(server, "TypedDataSet/$count").text == "1197"


# PDOK.


def collect(server: BronServer, **query: Any) -> list[Record]:
    """Follow the links from the first page to the last."""
    page = requests.get(f"{server.address}/{ITEMS}", query, timeout=5).json()
    found = list(page["features"])
    while following := [link["href"] for link in page["links"] if link["rel"] == "next"]:
        page = requests.get(following[0], timeout=5).json()
        found += page["features"]
    return found


def test_pages_of_features_give_each_once(server):
    found = collect(server, f="json", limit=100)
    assert len(found) == len({f["id"] for f in found}) == 325
    assert [len(page) for page in (server.asked("items"), server.asked("cursor="))] == [4, 3]
    assert len(requests.get(f"{server.address}/{ITEMS}", timeout=5).json()["features"]) == 10


def test_features_of_one_gemeente_in_the_dutch_coordinates(server):
    found = collect(server, limit=1000, gemeentecode="GM0344", crs=RD)
    assert len(found) == 111
    x, y = found[0]["geometry"]["coordinates"][0][0][0]
    assert 120_000 < x < 145_000 and 445_000 < y < 465_000
    answer = requests.get(f"{server.address}/{ITEMS}", {"crs": RD}, timeout=5)
    assert answer.headers["Content-Crs"] == f"<{RD}>"
    inside = collect(server, limit=1000, bbox="5.0,52.0,5.2,52.2")
    assert {f["properties"]["gemeentenaam"] for f in inside} == {"Utrecht"}


@pytest.mark.parametrize("query", ["gemeentecode=GM0344", "limit=0", "crs=x", "bbox=1", "cursor=a"])
def test_pdok_refuses_what_it_does_not_know(server, query):
    server.property_filters = False
    refused = requests.get(f"{server.address}/{ITEMS}?{query}", timeout=5)
    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"


def test_the_pages_that_lead_to_the_features(server):
    base = f"{server.address}/{ITEMS.partition('/collections')[0]}"
    assert requests.get(base, timeout=5).json()["links"]
    found, gemeenten = requests.get(f"{base}/collections", timeout=5).json()["collections"]
    assert gemeenten["id"] == "gemeenten"
    assert requests.get(f"{base}/collections/buurten", timeout=5).json() == found
    assert requests.get(f"{base}/collections/nergens/items", timeout=5).status_code == 404


# The server itself.


def test_nobody_trusts_the_certificate():
    with BronServer([TABLE], tls=True) as server:
        with pytest.raises(requests.exceptions.SSLError):
            ask(server, "TableInfos")
        url = f"{server.address}/opendata.cbs.nl/ODataFeed/odata/{TABLE.id}/TableInfos?$format=json"
        assert not server.log
        with pytest.warns(match="Unverified HTTPS"):
            assert requests.get(url, verify=False, timeout=5).ok


def test_it_stops_at_once_with_a_drip_and_an_idle_connection_open():
    before = set(threading.enumerate())
    with requests.Session() as idle:
        with BronServer([TABLE], faults=[Fault("drip", seconds=60)]) as server:
            client = threading.Thread(target=_drips, args=[server])
            client.start()
            while not server.log:
                time.sleep(0.01)
            assert idle.get(server.address, timeout=5).status_code == 404
            start = time.monotonic()
        assert time.monotonic() - start < 1
    client.join()
    assert set(threading.enumerate()) <= before


def _drips(server: BronServer) -> None:
    with pytest.raises(requests.RequestException):
        ask(server, "TypedDataSet")


# Streets.

FREE = "/api.pdok.nl/bzk/locatieserver/search/v3_1/free"


def test_the_locatieserver_gives_streets_and_addresses_in_pages_of_at_most_a_hundred():
    streets = bronlocatie.ARNHEM
    with BronServer(streets=streets) as server:
        url = server.address + FREE
        found = requests.get(url, {"q": "Hommelstraat Arnhem", "fq": "type:weg"}).json()["response"]
        assert found["numFound"] == 2 == len(found["docs"])
        asked = {"q": f"openbareruimte_id:{streets[1].id}", "fq": "type:adres", "fl": "buurtcode"}
        pages = [
            requests.get(url, {**asked, "rows": 100, "start": n}).json()["response"]["docs"]
            for n in (0, 100, 200)
        ]
        assert [len(page) for page in pages] == [100, 100, 41]
        assert Counter(d["buurtcode"] for page in pages for d in page) == streets[1].addresses
        for wrong in ({"rows": 101}, {"naam": "x"}):
            assert requests.get(url, {"q": "x", **wrong}).status_code == 400
