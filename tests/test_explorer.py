"""The explorer: what it shows of an area is what the report prints, for any area and choice."""

import io
import random
import re

import openpyxl
import pandas as pd
import pytest
import yaml

from wijkboek_utils import exports_html, language, pilots, regions, sources, views
from wijkboek_utils.errors import Fout
from wijkboek_utils.explorer import board, books, files, maps, model, text

PILOT = "utrecht-kanaleneiland"
PILOTS = [PILOT, "arnhem-spijkerkwartier", "leeuwarden-heechterp-schieringen"]


@pytest.fixture(scope="module")
def utrecht():
    """Return the books of the default pilot, of its own year."""
    return model.Explorer(PILOT)


@pytest.fixture(scope="module")
def bord():
    """Return the board of the default pilot, with every year and key set read."""
    return board.board(PILOT)


def table(rendered, slug, name):
    return pd.read_parquet(rendered / "data" / "processed" / slug / f"{name}.parquet")


def printed(html):
    """Return the tables of a page as they are printed, by caption."""
    found = exports_html.shown(f"<main>{html}</main>")
    return {one.caption: (one.header, one.rows) for one in found}


@pytest.mark.parametrize("slug", PILOTS)
def test_the_books_are_those_of_the_notebooks(rendered, slug):
    explorer = model.Explorer(slug)
    made = explorer.grootboek(explorer.start.jaar, explorer.start.sleutelset)
    stored = table(rendered, slug, "grootboek")
    pd.testing.assert_frame_equal(made.drop(columns="regel").reset_index(drop=True), stored)
    closed = table(rendered, slug, "sluitend")
    pd.testing.assert_frame_equal(
        explorer.closed(explorer.start).reset_index(drop=True), closed, check_categorical=False
    )


@pytest.mark.parametrize("slug", PILOTS)
def test_every_digit_of_the_own_area_is_that_of_the_report(rendered, slug):
    report = printed((rendered / "reports" / slug / "index.html").read_text())
    explorer = model.Explorer(slug)
    choices = [explorer.start._replace(sector=name) for name in maps.SECTORS]
    told = [text.account(explorer, one) for one in choices]
    told.append(text.flows(explorer, choices[0]))
    ours = {}
    for one in told:
        ours |= printed(one.html)
    assert len(ours) == len(maps.SECTORS) + 1
    for caption, rows in ours.items():
        assert rows == report[caption]


def test_the_map_has_the_figures_of_the_map_of_the_report(utrecht):
    year = utrecht.year(2023)
    rows = utrecht.on_map(utrecht.start).set_index("buurt")
    boekingen = utrecht.grootboek(2023, "beredeneerd")
    told = views.per_inhabitant(boekingen, year.gebied, year.inwoners).set_index("buurt")
    expected = told["per_inwoner"].reindex(rows.index)
    pd.testing.assert_series_equal(rows["waarde"].round(2), expected, check_names=False)
    assert expected.notna().sum() > 90 and expected.isna().any()


def test_parts_of_the_gemeente_add_up_to_it(utrecht):
    everyone = frozenset(utrecht.buurten(2023))
    some = frozenset(random.Random(3).sample(sorted(everyone), 40))
    for sector in ("huishoudens", "bedrijven", "rijk"):
        sums = [
            utrecht.account(utrecht.start._replace(buurten=part, sector=sector))
            .set_index(["kant", "regel"])["bedrag"]
            .fillna(0)
            for part in (some, everyone - some)
        ]
        added = sums[0].add(sums[1], fill_value=0)
        flows = utrecht.grootboek(2023, "beredeneerd")
        inside = flows[~regions.is_rest(flows["buurt"])]
        whole = inside.loc[inside["naar"] == sector, "bedrag"].sum()
        name = "Haalt samen" if sector == "rijk" else "Inkomsten samen"
        assert added["in", name] == pytest.approx(whole, abs=0.1)


def test_the_map_adds_up_to_the_account(utrecht):
    everyone = frozenset(utrecht.buurten(2023))
    for sector, key, regel in (
        ("bedrijven", "uit:", "Uitgaven samen"),
        ("gemeente", "in:Rijk", "Rijk"),
        ("instellingen", "saldo", "Niet verklaard"),
        ("rijk", "saldo", "Brengt min haalt"),
    ):
        choice = utrecht.start._replace(sector=sector, kleur=key, per_inwoner=False)
        on_map = utrecht.on_map(choice)["bedrag"].sum()
        half = sorted(everyone)[::2]
        parts = [
            utrecht.account(choice._replace(buurten=part)).set_index("regel")["bedrag"][regel]
            for part in (frozenset(half), everyone - frozenset(half))
        ]
        assert on_map == pytest.approx(sum(parts), abs=1)


def test_keys_move_municipal_money_and_not_the_income_of_residents(utrecht):
    def cost(name, sector, regel):
        choice = utrecht.start._replace(sleutelset=name, sector=sector)
        return utrecht.account(choice).set_index("regel")["bedrag"][regel]

    spent = {name: cost(name, "gemeente", "Uitgaven samen") for name in text.allocate.SETS}
    assert len(set(spent.values())) == 3
    assert cost("inwoners", "huishoudens", "AOW") == cost("beredeneerd", "huishoudens", "AOW")
    with pytest.raises(Fout, match="bestaan niet"):
        books.grootboek(utrecht.year(2023), "eigen")


def test_an_area_is_named_and_has_the_fewest_codes(utrecht):
    gebied = utrecht.year(2023).gebied
    quick = utrecht.quick(2023)
    assert next(iter(quick.values())) == utrecht.own(2023)
    assert model.codes_of(quick["heel Utrecht"], gebied) == ["GM0344"]
    wijk = next(part for name, part in quick.items() if name.startswith("wijk "))
    two = wijk | {"BU03440832"}
    codes = model.codes_of(two, gebied)
    assert len(codes) == 2 and codes[0].startswith("WK") and codes[1] == "BU03440832"
    chosen = regions.weights(gebied[~regions.is_rest(gebied["buurt"])], codes)
    assert set(chosen.loc[chosen["gewicht"] > 0, "buurt"]) == two
    with pytest.raises(Fout, match="minstens één buurt"):
        utrecht.area(utrecht.start._replace(buurten=frozenset()))


def test_what_there_is_no_figure_of_is_said(utrecht):
    with pytest.raises(Fout, match="bestaat niet"):
        model.Explorer("utrecht-kanaleneilan")
    empty = utrecht.year(2023).inwoners
    nobody = min((c for c in utrecht.buurten(2023) if empty.get(c, 0) < 50), default=None)
    assert nobody is not None
    for sector in maps.SECTORS:
        choice = utrecht.start._replace(buurten=frozenset([nobody]), sector=sector)
        html = "".join(show(utrecht, choice))
        assert not re.search(r"\b(nan|inf|None)\b", html)
    assert text.on_map(utrecht, utrecht.start).woorden[nobody] == "te weinig inwoners"


def show(explorer, choice):
    yield "".join(f"<p>{one}</p>" for one in text.sentence(explorer, choice))
    yield text.account(explorer, choice).html
    yield text.flows(explorer, choice).html
    on_map = text.on_map(explorer, choice)
    yield on_map.legenda.html + on_map.tabel.html + text.words(explorer).html


@pytest.mark.parametrize("sector", maps.SECTORS)
def test_whatever_is_chosen_reads_as_plain_dutch(utrecht, sector):
    codes = sorted(utrecht.buurten(2023))
    for some in (codes[:1], codes[4:9], codes[:40]):
        choice = utrecht.start._replace(buurten=frozenset(some), sector=sector, kleur="saldo")
        html = "".join(show(utrecht, choice))
        assert not re.search(r"\b(nan|inf|None)\b", html)
        found = language.findings(f"<main>{html}</main>")
        assert [one for one in found if one.severity == "fout"] == []


# The board


def said(bord):
    return bord.uit["zin"].html


def test_map_list_and_fields_say_the_same(bord):
    bord.velden["gebied"].value = "heel Utrecht"
    assert "Kadaster" in bord.uit["legenda"].html and "Bron: CBS" in bord.uit["legenda"].html
    assert set(bord.kaart.gekozen) == set(bord.lijst.value) == set(bord.explorer.buurten(2023))
    assert "U koos Utrecht" in said(bord)
    bord.kaart.gekozen = ["BU03440832", "BU9999", "<b>"]  # a browser can send anything
    assert list(bord.lijst.value) == ["BU03440832"] and bord.keuze.buurten == {"BU03440832"}
    assert bord.velden["gebied"].value.startswith("eigen keuze")
    bord.lijst.value = []
    assert "minstens één buurt" in said(bord) and not bord.uit["rekening"].html
    bord.velden["gebied"].value = next(iter(bord.explorer.quick(2023)))
    assert "U koos Kanaleneiland" in said(bord)
    bord.velden["kleur"].value = "uit:Zorg"
    assert "Gaat uit: Zorg" in bord.kaart.titel
    bord.velden["sector"].value = "rijk"  # which has no such line
    assert bord.velden["kleur"].value == "uit:" and "brengt het Rijk" in said(bord)
    bord.velden["sector"].value = "gemeente"


def test_the_own_area_stays_the_own_area_in_another_year(bord):
    before = bord.uit["rekening"].html
    bord.velden["jaar"].value = 2024
    assert "komen uit de begroting 2024" in said(bord)
    assert bord.uit["rekening"].html != before
    assert bord.keuze.buurten == bord.explorer.own(2024)
    bord.velden["jaar"].value = 2023
    assert bord.uit["rekening"].html == before


def test_a_fault_of_the_program_is_said_and_the_board_goes_on(bord, monkeypatch):
    def breaks(*_):
        raise RuntimeError("stuk")

    with monkeypatch.context() as one:
        one.setattr(text, "account", breaks)
        bord.velden["sector"].value = "bedrijven"
        assert "Er ging iets mis" in said(bord) and "stuk" not in said(bord)
    bord.velden["sector"].value = "gemeente"
    assert "De gemeente geeft" in said(bord)


# Files


def test_the_pilot_that_is_saved_is_the_area_that_was_chosen(utrecht, tmp_path, monkeypatch):
    choice = utrecht.start._replace(buurten=frozenset(sorted(utrecht.buurten(2023))[3:8]))
    name, body = files.make(utrecht, choice, "yml")
    monkeypatch.setattr(sources, "PILOTS", tmp_path)
    (tmp_path / name).write_bytes(body)
    found = pilots.load(name.removesuffix(".yml"))
    assert found.jaar == 2023 and set(found.codes) == choice.buurten
    again = model.Explorer(found.slug)
    assert again.start.buurten == choice.buurten
    second, _ = files.make(utrecht, choice, "yml")  # and never writes over another
    assert second == name.replace(".yml", "-2.yml")
    assert set(yaml.safe_load(body)) == {"naam", "gebied", "jaar", "toelichting"}


def test_the_csv_has_the_figures_the_choice_and_the_credits(utrecht):
    name, body = files.make(utrecht, utrecht.start._replace(sector="rijk"), "csv")
    assert name == "wijkboek-kanaleneiland-2023-rijk-beredeneerd.csv"
    lines = body.decode()
    assert "# Gebied: Kanaleneiland" in lines and "Bron: CBS" in lines and "Kadaster" in lines
    rows = pd.read_csv(io.BytesIO(body), comment="#")
    account = utrecht.account(utrecht.start._replace(sector="rijk"))
    mine = rows[rows["onderdeel"] == "rekening"]
    assert mine["bedrag"].tolist() == account["bedrag"].tolist()
    assert set(rows["onderdeel"]) == {"rekening", "geldstromen", "kaart"}
    closed = rows.loc[rows["onderdeel"] == "geldstromen", "bedrag"]
    assert closed.tolist() == utrecht.closed(utrecht.start)["sluitend"].round(2).tolist()


def test_the_workbook_says_what_was_chosen_and_nothing_computes():
    explorer = model.Explorer(PILOT)
    gebied = explorer.year(2023).gebied
    odd = "=HYPERLINK(1)"
    gebied.loc[gebied["buurt"] == "BU03440832", "naam"] = odd
    choice = explorer.start._replace(buurten=frozenset(["BU03440832"]))
    _, body = files.make(explorer, choice, "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(body))
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert not [c for c in cells if c.data_type == "f"]
    words = " ".join(str(c.value) for c in book["Leesmij"]["A"] if c.value)
    assert odd in words and "Bron: CBS" in words and "BU03440832" in words
    assert len(book.sheetnames) == 4  # Leesmij, the account, the flows, the map
    assert f"\n{odd}" not in files.make(explorer, choice, "csv")[1].decode()
    assert "'=HYPERLINK" in files.make(explorer, choice, "csv")[1].decode()
