"""A gebied from a file of the pilot: a shape or addresses; what is wrong is said plainly."""

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml
from shapely.geometry import Polygon, box

from wijkboek_utils import (
    addresses,
    areas,
    areas_text,
    cbs,
    cutouts,
    pilots,
    regions,
    shapes,
    sources,
    weighing,
)
from wijkboek_utils.errors import Fout

SQUARE = [[5.085, 52.070], [5.105, 52.070], [5.105, 52.078], [5.085, 52.078], [5.085, 52.070]]
RD_SQUARE = [[134e3, 453e3], [135e3, 453e3], [135e3, 454e3], [134e3, 454e3], [134e3, 453e3]]
RD = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PILOTS", tmp_path)
    return tmp_path


def geojson(*rings: list, kind: str = "Polygon", **more) -> str:
    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": ring}}
        for ring in rings
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **more})


def shape_of(folder, text: str) -> shapely.Geometry:
    (folder / "vorm.geojson").write_text(text, encoding="utf-8")
    return shapes.read(folder / "vorm.geojson")


def test_a_shape_in_degrees_or_in_metres_comes_in_metres(folder):
    degrees = shape_of(folder, geojson([SQUARE]))
    assert degrees.area == pytest.approx(1372 * 890, rel=0.01)
    assert shape_of(folder, geojson([RD_SQUARE], crs=RD)).equals(box(134e3, 453e3, 135e3, 454e3))
    feature = json.loads(geojson([SQUARE]))["features"][0]
    assert shape_of(folder, json.dumps(feature["geometry"])).equals(degrees)


def test_shapes_of_one_file_are_taken_together_also_where_they_overlap(folder):
    east = [[x + 500, y] for x, y in RD_SQUARE]
    assert shape_of(folder, geojson([RD_SQUARE], [east], crs=RD)).area == 1_500_000


@pytest.mark.parametrize("system", [4326, 28992])
def test_a_geopackage_works_the_same(folder, system):
    frame = gpd.GeoDataFrame(geometry=[Polygon(RD_SQUARE)], crs=28992).to_crs(system)
    frame.to_file(folder / "vorm.gpkg", layer="wijk")
    assert shapes.read(folder / "vorm.gpkg").area == pytest.approx(1e6, rel=1e-6)


BOW = [[5.08, 52.07], [5.10, 52.08], [5.10, 52.07], [5.08, 52.08], [5.08, 52.07]]
SWAPPED = [[y, x] for x, y in SQUARE]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"is geen geldige GeoJSON"),
        ("[" * 100_000, r"is geen geldige GeoJSON"),
        ("[1, 2]", r"is geen GeoJSON"),
        (geojson(), r"er staat geen enkel vlak in|niet als vorm te lezen"),
        (geojson([BOW]), r"de lijn kruist zichzelf bij \(5\.09, 52\.075\)\. Teken"),
        (geojson([SQUARE], [BOW]), r"vlak 2: de lijn kruist zichzelf"),
        (geojson([SQUARE[:2]]), r"niet als vorm te lezen|punten|leeg"),
        (geojson(SQUARE, kind="LineString"), r"hier staat een LineString\. Een gebied is een vlak"),
        (geojson([5.1, 52.1], kind="Point"), r"hier staat een Point"),
        (geojson([RD_SQUARE]), r"stelsel is WGS84, maar de getallen zijn RD, zoals \(134000, 4530"),
        (geojson([SQUARE], crs=RD), r"stelsel is RD, maar de getallen zijn WGS84, zoals \(5\.085"),
        (geojson([SWAPPED]), r"lengte en breedte zijn verwisseld"),
        (
            geojson([[[x + 20, y] for x, y in SQUARE]]),
            r"ligt niet in Nederland, maar bij \(25\.085",
        ),
        (geojson(*[[SQUARE]] * 1001), r"te veel vlakken"),
    ],
)
def test_a_shape_that_cannot_be_used_is_refused_in_plain_words(folder, text, message):
    with pytest.raises(Fout, match=message) as refused:
        shape_of(folder, text)
    assert "vorm.geojson" in str(refused.value)


def test_a_shape_may_not_be_too_large(folder, monkeypatch):
    monkeypatch.setattr(shapes, "_MOST_POINTS", 4)
    with pytest.raises(Fout, match="de vorm heeft 5 punten"):
        shape_of(folder, geojson([SQUARE]))
    monkeypatch.setattr(shapes, "_MOST_BYTES", 10)
    with pytest.raises(Fout, match="is te groot"):
        shape_of(folder, geojson([SQUARE]))


def test_a_geopackage_has_one_layer_of_shapes(folder):
    (folder / "kapot.gpkg").write_bytes(b"SQLite format 3\0" + bytes(100))
    with pytest.raises(Fout, match=r"kapot\.gpkg is geen leesbare GeoPackage|geen enkele"):
        shapes.read(folder / "kapot.gpkg")
    frame = gpd.GeoDataFrame(geometry=[Polygon(RD_SQUARE)], crs=28992)
    for layer in ("een", "twee"):
        frame.to_file(folder / "vorm.gpkg", layer=layer)
    with pytest.raises(Fout, match=r"één laag met vlakken in te staan\. Er zijn er: een, twee"):
        shapes.read(folder / "vorm.gpkg")


def pilot(folder, gebied: dict) -> pilots.Pilot:
    text = yaml.safe_dump({"naam": "Proef", "gebied": gebied, "jaar": 2023})
    (folder / "proef.yml").write_text(text, encoding="utf-8")
    return pilots.load("proef")


def test_the_gemeente_of_a_shape_is_found_by_its_borders(folder):
    (folder / "vorm.geojson").write_text(geojson([SQUARE]))
    found = pilot(folder, {"vorm": "vorm.geojson"})
    assert (found.gemeenten, found.gemeentenaam, found.codes) == (["GM0344"], "Utrecht", [])
    assert found.omschrijving == "het vlak in vorm.geojson"
    arnhem = [[x + 0.8, y - 0.09] for x, y in SQUARE]
    (folder / "vorm.geojson").write_text(geojson([SQUARE], [arnhem]))
    assert pilot(folder, {"vorm": "vorm.geojson"}).gemeentenaam == "Arnhem en Utrecht"
    assert pilot(folder, {"vorm": "vorm.geojson", "gemeente": "GM0344"}).gemeenten == ["GM0344"]


FILES = {"vorm": "vorm.geojson", "adressen": "adressen.csv", "gemeente": "GM0344"}


@pytest.mark.parametrize(
    ("gebied", "message"),
    [
        ({"vorm": "vorn.geojson"}, r"pilots/vorn\.geojson bestaat niet\. Bedoelt u vorm\.geojson"),
        ({"vorm": "../vorm.geojson"}, r"alleen de naam van een bestand in de map pilots"),
        ({"vorm": ["vorm.geojson"]}, r"alleen de naam van een bestand"),
        ({"vorm": "vorm.shp"}, r"vorm\.shp moet eindigen op \.geojson of \.gpkg"),
        ({"vorm": "vorm.geojson", "codes": ["GM0344"]}, r"kies één manier; er staat codes en vorm"),
        ({"vorm": "vorm.geojson", "postcodes": [3526]}, r"er staat postcodes of straten en vorm|"),
        ({"adressen": "adressen.csv"}, r"kies één manier; er staat alleen adressen"),
        ({"vorm": "vorm.geojson", "gemeente": "Utrecht"}, r"Utrecht is geen code van een gemeente"),
        ({"postcodes": [3526], "adressen": "adressen.csv"}, r"zet de gemeente erbij"),
        ({"postcodes": [3526], "gemeente": "GM0344"}, r"vragen om een bestand met alle adressen"),
        (FILES | {"postcodes": 3526, "vorm": None}, r"kies één manier|hier hoort een lijst"),
    ],
)
def test_a_fault_in_how_a_gebied_is_cut_out_is_named(folder, gebied, message):
    (folder / "vorm.geojson").write_text(geojson([SQUARE]))
    (folder / "adressen.csv").write_text("PC6;Huisnummer\n")
    with pytest.raises(Fout, match=rf"pilots/proef\.yml, gebied.*({message})"):
        pilot(folder, gebied)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"postcodes": [352]}, r"352 is geen postcode; die lijkt op 3526 of 3526 AB"),
        ({"postcodes": ["0526 AB"]}, r"0526 AB is geen postcode"),
        ({"postcodes": []}, r"er staat geen enkele postcode of straat"),
        ({"straten": "Marcolaan"}, r"straten: hier hoort een lijst"),
        ({"straten": [{"straat": "Marcolaan"}]}, r"ontbreekt de straat of ontbreken de huisnummer"),
        ({"straten": [{"naam": "Marcolaan"}]}, r"schrijf een straat als naam"),
        (
            {"straten": [{"straat": "Laan", "huisnummers": "12a"}]},
            r"Laan: «12a» is geen huisnummer",
        ),
        ({"straten": [{"straat": "Laan", "huisnummers": "9-1"}]}, r"«9-1» loopt terug"),
    ],
)
def test_a_postcode_or_street_that_is_none_is_named(folder, words, message):
    (folder / "adressen.csv").write_text("PC6;Huisnummer\n")
    with pytest.raises(Fout, match=message):
        pilot(folder, {"adressen": "adressen.csv", "gemeente": "GM0344", **words})


def cut(folder, **words) -> cutouts.Cutout:
    found = pilot(folder, {"adressen": "adressen.csv", "gemeente": "GM0344", **words})
    assert found.uitsnede is not None
    return found.uitsnede


BUURTEN = ["BU03440831", "BU03440832"]


def cbs_file(folder, **change) -> pd.DataFrame:
    """Write a file as CBS publishes it: two postcodes in one buurt, one in another."""
    rows = [
        {"PC6": pc6, "Huisnummer": n, "Buurt2023": buurt, "Wijk2023": 34408, "Gemeente2023": 344}
        for pc6, buurt, many in (
            ("3526AB", 3440831, 1500),
            ("3526AC", 3440831, 4500),
            ("3527AA", 3440832, 5000),
            ("6811AA", 2020101, 10),
        )
        for n in range(1, many + 1)
    ]
    table = pd.DataFrame(rows)
    table.loc[table["PC6"] == "6811AA", "Gemeente2023"] = 202
    for (row, column), value in change.items() if change else ():
        table.loc[row, column] = value
    table.to_csv(folder / "adressen.csv", sep=";", index=False)
    return table


@pytest.fixture(scope="module")
def known():
    figures = cbs.indicators("GM0344", 2023)
    return figures, weighing.boundaries({"GM0344": 2023})


def weights(folder, known, **words) -> pd.DataFrame:
    found = pilot(folder, {"adressen": "adressen.csv", "gemeente": "GM0344", **words})
    gebied = weighing.gebied(found, *known)
    return gebied[gebied["gewicht"] > 0].set_index("buurt")


def test_postcodes_become_shares_of_the_addresses_of_buurten(folder, known):
    cbs_file(folder)
    table = weights(folder, known, postcodes=["3526 ab", 3527])
    assert table["gewicht"].to_dict() == {"BU03440831": 0.25, "BU03440832": 1.0}
    assert table["methode"].tolist() == [areas.ADDRESSES, regions.WHOLE]
    part, whole = table["fout"]
    off = weighing.spreads(*known)[areas.ADDRESSES]
    assert part == pytest.approx((0.25 * 0.75 * (off**2 + 1 / 6000)) ** 0.5) and whole == 0


def test_a_pilot_of_postcodes_tells_its_reader_how_the_gebied_was_made(folder, known):
    cbs_file(folder)
    words = {"adressen": "adressen.csv", "gemeente": "GM0344", "postcodes": ["3526 AB", 3527]}
    found = pilot(folder, words)
    gebied = weighing.gebied(found, *known)
    said = areas_text.sentence(found, gebied)
    assert "de adressen in postcode 3526 AB en postcode 3527. 1 buurt ligt voor een deel" in said
    assert "welk deel van de adressen" in said and "Kanaleneiland-Zuid" in said
    table = areas_text.table(gebied, "Proef").html
    assert "25\N{NO-BREAK SPACE}procent" in table and "de hele buurt" in table
    people = known[0].query("onderwerp == 'AantalInwoners'").set_index("gebied")["waarde"]
    rows = areas_text.inhabitants(gebied, people, found)
    inside, rest, whole = rows["inwoners"]
    assert inside + rest == pytest.approx(whole) == people[known[1]["buurt"]].sum()
    off = gebied.set_index("buurt")["fout"]["BU03440831"] * people["BU03440831"]
    assert rows["se"].tolist() == pytest.approx([off, off, 0]) and off > 0
    assert "zeker" in areas_text.divided(gebied, people, found).html


BAG = "straatnaam,huisnummer,huisletter,huisnummertoevoeging,postcode,buurtcode,gebruiksdoel\n"


def bag_file(folder) -> None:
    rows = [
        f"Marcolaan,{n},,{t},3526 GE,BU03440831,{'winkelfunctie' if n > 900 else 'woonfunctie'}"
        for n in range(1, 1001)
        for t in ("1", "2")
    ]
    rows += [f"Rooseveltlaan,{n},,,3526 BA,BU03440831,woonfunctie" for n in range(1, 1801)]
    (folder / "adressen.csv").write_text(BAG + "\n".join([*rows, rows[0]]), encoding="cp1252")


@pytest.mark.parametrize(
    ("street", "share"),
    [
        ("marcolaan", 0.5),  # shops are no dwellings
        ({"straat": "Marcolaan", "huisnummers": "1-450"}, 0.25),
        ({"straat": "Marcolaan", "huisnummers": "1-450 oneven, 2"}, 0.125 + 2 / 3600),
        ({"straat": "Marcolaan", "huisnummers": 7}, 2 / 3600),
        ({"straat": "Marcolaan", "huisnummers": "2-450 oneven"}, 224 * 2 / 3600),
    ],
)
def test_streets_and_house_numbers_become_shares_of_dwellings(folder, known, street, share):
    bag_file(folder)
    table = weights(folder, known, straten=[street])
    assert table["gewicht"].to_dict() == {"BU03440831": pytest.approx(share)}
    assert table["methode"].tolist() == [areas.DWELLINGS]


def test_addresses_with_a_place_tell_which_dwellings_lie_in_a_drawn_shape(folder, known):
    borders = known[1].set_index("buurt").loc[BUURTEN]
    middle = borders.geometry.iloc[0].representative_point()
    spots = shapely.points([middle.x] * 3000 + [middle.x + 2] * 1000, [middle.y] * 4000)
    rows = pd.DataFrame(
        {"postcode": "3526GE", "x": shapely.get_x(spots), "y": shapely.get_y(spots)}
    )
    rows.to_csv(folder / "adressen.csv", index=False)
    around = middle.buffer(1)
    frame = gpd.GeoDataFrame(geometry=[around], crs=28992)
    frame.to_file(folder / "vorm.gpkg")
    table = weights(folder, known, vorm="vorm.gpkg")
    assert table["gewicht"].to_dict() == {"BU03440831": 0.75}
    rows.drop(columns="y").assign(buurt=3440831).to_csv(folder / "adressen.csv", index=False)
    with pytest.raises(Fout, match="in de kolommen x en y"):
        weights(folder, known, vorm="vorm.gpkg")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"postcodes": ["3526 AD"]}, r"adressen\.csv: 3526AD komt niet voor\. Bedoelt u 3526A"),
        ({"postcodes": [3529]}, r"adressen\.csv: 3529 komt niet voor\. Bedoelt u 352[67]"),
        ({"straten": ["Marcolaan"]}, r"de kolom straat ontbreekt\. Het bestand van CBS heeft die"),
    ],
)
def test_a_postcode_that_is_not_in_the_file_is_named_with_the_nearest(
    folder, known, words, message
):
    cbs_file(folder)
    with pytest.raises(Fout, match=message):
        weights(folder, known, **words)


def test_a_street_or_number_that_is_not_in_the_file_is_named(folder, known):
    bag_file(folder)
    with pytest.raises(Fout, match=r"Marcolan komt niet voor\. Bedoelt u Marcolaan"):
        weights(folder, known, straten=["Marcolan"])
    with pytest.raises(Fout, match="Marcolaan heeft geen huisnummer 2000-2010"):
        numbers = {"straat": "Marcolaan", "huisnummers": "1, 2000-2010"}
        weights(folder, known, straten=[numbers])


def test_a_file_with_but_the_chosen_addresses_is_refused(folder, known):
    cbs_file(folder).query("PC6 == '3526AB'").to_csv(folder / "adressen.csv", index=False)
    (folder / "adressen.csv").write_text(
        "\n".join((folder / "adressen.csv").read_text().splitlines()[:200])
    )
    with pytest.raises(Fout, match=r"van buurt BU03440831 heeft het 199 adressen, maar CBS telt"):
        weights(folder, known, postcodes=[3526])


def test_a_file_with_buurten_of_another_year_says_so(folder, known):
    table = cbs_file(folder)
    table.loc[7, "Buurt2023"] = 3440839
    table.to_csv(folder / "adressen.csv", sep=";", index=False)
    with pytest.raises(
        Fout, match=r"rij 9: buurt BU03440839 bestaat niet .* voor 2023\. Bedoelt u"
    ):
        weights(folder, known, postcodes=[3526])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"op rij 1 horen de namen"),
        ("a;b\n1;2\n", r"een kolom postcode of straat ontbreekt; er staan: a, b"),
        (
            "PC6;Huisnummer\n3526AB;1\n",
            r"een kolom met de buurt ontbreekt, of twee kolommen x en y",
        ),
        (
            "PC6;Buurt2023\n3526AB;3440831\n3526;3440831\n",
            r"rij 3, kolom postcode: «3526»; hier hoo",
        ),
        (
            "PC6;Buurt2023\n;3440831\n3526;3440831\n",
            r"rij 2, kolom postcode: is leeg \(en nog 1 rij",
        ),
        ("PC6;Buurt\n3526AB;Kanaleneiland\n", r"rij 2, kolom buurt: «Kanaleneiland»; hier hoort"),
        (
            "PC6;Huisnummer;Buurt\n3526AB;12a;3440831\n",
            r"rij 2, kolom huisnummer: «12a»; hier hoort",
        ),
        ("PC6;x;y\n3526AB;noord;1\n", r"rij 2, kolom x: «noord»; hier hoort een getal in meters"),
        ("PC6;Buurt\n3526AB;3440831;3\n", r"niet als CSV te lezen"),
        ("PC6;Buurt\n6811AA;2020101\n", r"er staat geen adres van GM0344 in"),
        ("PC6;PC6\n3526AB;1\n", r"elk één keer"),
    ],
)
def test_a_fault_in_an_address_file_is_named_by_row_and_column(folder, text, message):
    (folder / "adressen.csv").write_text(text, encoding="utf-8-sig")
    with pytest.raises(Fout, match=rf"adressen\.csv.*{message}"):
        addresses.read(folder / "adressen.csv", ("GM0344",))


def test_a_file_of_the_whole_country_is_read_in_parts(folder, monkeypatch):
    cbs_file(folder)
    whole = addresses.read(folder / "adressen.csv", ("GM0344",))
    monkeypatch.setattr(addresses, "_BLOCK", 4096)
    pd.testing.assert_frame_equal(addresses.read(folder / "adressen.csv", ("GM0344",)), whole)
    assert len(whole) == 11_000 and whole.index[0] == 2
    assert set(whole["buurt"]) == set(BUURTEN)


def test_the_report_tells_how_a_shape_was_cut_and_what_of_it_lies_nowhere(folder, known):
    (folder / "vorm.geojson").write_text(geojson([SQUARE]))
    found = pilot(folder, {"vorm": "vorm.geojson"})
    gebied = weighing.gebied(found, *known)
    said = areas_text.made(found, gebied, known[1]).html
    assert "buurten liggen voor een deel in het gebied" in said
    assert "het vlak in vorm.geojson" not in said  # the chapter has said that already
    assert "<summary>" in said and "buiten alle buurten" not in said
    south = [[x, y - 0.02] for x, y in SQUARE]  # in Nieuwegein, of which there are no figures
    (folder / "vorm.geojson").write_text(geojson([SQUARE], [south]))
    found = pilot(folder, {"vorm": "vorm.geojson"})
    assert "buiten alle buurten die wij kennen" in areas_text.outside(found, known[1])
    plain = pilots.load("GM0344")
    assert areas_text.made(plain, gebied, known[1]).html == ""
    (folder / "vorm.geojson").write_text(geojson([[[x - 1.2, y] for x, y in SQUARE]]))
    with pytest.raises(Fout, match="ligt in geen gemeente waarvan wij grenzen hebben"):
        pilot(folder, {"vorm": "vorm.geojson"})
    with pytest.raises(Fout, match="ligt geen enkele buurt, ook niet voor een deel"):
        weighing.gebied(pilot(folder, {"vorm": "vorm.geojson", "gemeente": "GM0344"}), *known)


def test_another_form_under_the_name_of_a_geopackage_is_not_opened(folder):
    (folder / "vorm.gpkg").write_text("<OGRVRTDataSource></OGRVRTDataSource>")
    with pytest.raises(Fout, match=r"vorm\.gpkg is geen GeoPackage"):
        shapes.read(folder / "vorm.gpkg")
