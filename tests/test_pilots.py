"""Pilots: a file or a code, and what is said when something does not exist."""

import dataclasses

import pytest
import yaml

from wijkboek_utils import cbs, iv3, kengetallen, pilots, sources
from wijkboek_utils.errors import Fout, did_you_mean


def test_the_three_pilots_are_there_and_the_default_comes_first():
    assert pilots.names() == [
        "utrecht-kanaleneiland",
        "arnhem-spijkerkwartier",
        "leeuwarden-heechterp-schieringen",
    ]


def test_kanaleneiland_is_the_buurten_with_that_name():
    pilot = pilots.load("utrecht-kanaleneiland")
    assert sorted(pilot.codes) == ["BU03440821", "BU03440831", "BU03440832"]
    assert (pilot.gemeente, pilot.gemeentenaam, pilot.jaar) == ("GM0344", "Utrecht", 2023)


@pytest.mark.parametrize(
    ("code", "naam"), [("GM0344", "Utrecht"), ("WK020202", "Spijkerkwartier"), ("wk008050", None)]
)
def test_a_code_needs_no_file_and_takes_the_newest_annual_account(code, naam):
    pilot = pilots.load(code)
    assert pilot.codes == [code.upper()] and pilot.jaar == 2023
    assert naam is None or pilot.naam == naam


def test_another_year_can_be_asked():
    assert pilots.load("GM0344", 2023).verslag == "jaarrekening"
    budget = pilots.load("GM0344", 2024)
    assert (budget.jaar, budget.verslag) == (2024, "begroting")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("utrecht-kanaleneilnd", r"bestaat niet\. Bedoelt u utrecht-kanaleneiland\?"),
        ("GM9999", r"GM9999 staan er geen cijfers in data/raw; wel van GM0080, GM0202, GM0344"),
        ("WK020299", r"WK020299 bestaat niet in Arnhem\. Bedoelt u WK0202"),
        ("BU03449999", r"BU03449999 bestaat niet in Utrecht"),
        ("../../etc/passwd", r"Pilot \.\./\.\./etc/passwd bestaat niet"),
        ("", r"Pilot  bestaat niet"),
    ],
)
def test_a_place_that_does_not_exist_is_named_with_the_nearest(name, message):
    with pytest.raises(Fout, match=message):
        pilots.load(name)


def test_a_year_without_accounts_is_refused():
    with pytest.raises(Fout, match="2019"):
        pilots.load("GM0344", 2019)


@pytest.fixture
def renumbered(monkeypatch):
    """Let the buurten of Utrecht have other codes in 2024: those of Kanaleneiland moved on by one.

    The code of one buurt of 2023 is that of another in 2024.
    """
    later = {"BU03440821": "BU03440831", "BU03440831": "BU03440832", "BU03440832": "BU03440821"}
    kwb = cbs.read_kwb("GM0344").copy()
    new = kwb["jaar"] == 2024
    kwb.loc[new, "gebied"] = kwb.loc[new, "gebied"].replace(later)
    kwb.loc[new & (kwb["gebied"] == "BU03440111"), "gebied"] = "BU03449911"
    monkeypatch.setattr(cbs, "read_kwb", lambda gemeente: kwb)


def test_names_and_codes_are_those_of_the_year_of_the_books(renumbered, monkeypatch):
    names = cbs.areas("GM0344", 2023).set_index("gebied")["naam"]
    text = {"naam": "Proef", "gebied": {"gemeente": "GM0344", "naam_bevat": "Kanaleneiland-Noord"}}
    monkeypatch.setattr(pilots, "_read", lambda slug: text | {"jaar": 2023})
    (code,) = pilots.load(pilots.DEFAULT).codes
    assert names[code] == "Kanaleneiland-Noord"
    assert pilots.load("BU03440831", 2023).naam == names["BU03440831"]


def test_a_code_of_another_year_is_refused_before_any_notebook_runs(renumbered):
    with pytest.raises(Fout, match="BU03449911 bestaat in de cijfers voor 2023 niet in Utrecht"):
        pilots.load("BU03449911", 2023)


def test_a_gemeente_with_a_budget_alone_says_how_to_choose_it(monkeypatch):
    budget = [s for s in sources.select("iv3", "GM0344") if s.report == "begroting"]
    monkeypatch.setattr(sources, "select", lambda series, area: budget)
    with pytest.raises(Fout, match="Wel een begroting van 2024: kies met -p jaar="):
        pilots._place("GM0344", None)


GOOD = {"naam": "Proef", "gebied": {"codes": ["WK020202"]}, "jaar": 2023}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"jaaar": 2023}, r"jaaar is geen geldige instelling\. Bedoelt u jaar\?"),
        ({"jaar": "2023"}, r"jaar moet een getal zijn"),
        ({"jaar": True}, r"jaar moet een getal zijn"),
        ({"naam": None, "gebied": None}, r"gebied: hier horen regels"),
        ({"gebied": {}}, r"geef bij gebied een lijst codes"),
        ({"gebied": {"codes": []}}, r"geef bij gebied alleen een lijst codes"),
        ({"gebied": {"codes": ["Centrum"]}}, r"Centrum is geen CBS-code"),
        (
            {"gebied": {"gemeente": "GM0344", "naam_bevat": "Kanaleneilant"}},
            r"geen buurt van GM0344 heeft Kanaleneilant in de naam\. Bedoelt u Kanaleneiland",
        ),
        ({"gebied": {"gemeente": "GM0344", "naam": "x"}}, r"naam is geen geldige instelling"),
    ],
)
def test_a_fault_in_a_pilot_file_is_named_with_its_place(tmp_path, monkeypatch, change, message):
    monkeypatch.setattr(sources, "PILOTS", tmp_path)
    (tmp_path / "proef.yml").write_text(yaml.safe_dump({**GOOD, **change}))
    with pytest.raises(Fout, match=rf"pilots/proef\.yml.*{message}"):
        pilots.load("proef")


def test_a_gebied_may_lie_in_several_gemeenten(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PILOTS", tmp_path)
    codes = {"gebied": {"codes": ["WK034401", "WK020202", "WK034408"]}}
    (tmp_path / "proef.yml").write_text(yaml.safe_dump({**GOOD, **codes}))
    pilot = pilots.load("proef")
    assert pilot.gemeenten == pilots.gemeenten_of("proef") == ["GM0344", "GM0202"]
    assert (pilot.gemeente, pilot.gemeentenaam) == ("GM0344", "Utrecht en Arnhem")
    assert pilots.gemeente("proef") == "GM0344"


def test_an_account_and_a_budget_are_not_added_up(monkeypatch):
    reports = {"GM0344": "begroting", "GM0202": "jaarrekening"}
    found = {g: dataclasses.replace(iv3.source(g, 2023), report=r) for g, r in reports.items()}
    monkeypatch.setattr(iv3, "source", lambda gemeente, jaar: found[gemeente])
    with pytest.raises(Fout, match="van GM0344 een begroting en van GM0202 een jaarrekening"):
        pilots._place(["GM0344", "GM0202"], 2023)


@pytest.mark.parametrize("text", ["naam: [", "- een\n- lijst", "", "naam: Proef\njaar: 2023\n"])
def test_a_file_that_is_no_pilot_is_refused(tmp_path, monkeypatch, text):
    monkeypatch.setattr(sources, "PILOTS", tmp_path)
    (tmp_path / "proef.yml").write_text(text)
    with pytest.raises(Fout, match=r"proef\.yml"):
        pilots.load("proef")


def test_every_buurt_and_wijk_of_the_raw_figures_can_be_a_pilot():
    for gemeente in pilots.gemeenten():
        for code in cbs.areas(gemeente)["gebied"]:
            pilots._check_codes([code])


def test_a_hint_names_at_most_three_and_none_when_nothing_is_near():
    assert did_you_mean("ab", ["abc", "abd", "abe", "abf"]).count("ab") == 3
    assert did_you_mean("zzz", ["abc"]) == ""


def test_a_pilot_brings_its_own_kengetal_with_its_own_source():
    own = {"waarde": 7200, "laag": 7000, "hoog": 7400, "jaar": 2023}
    own |= {"bron": "Corporatie De Wijk", "vindplaats": "jaarverslag 2023, blz. 12"}
    found = pilots._kengetallen({"huur_corporatie": own}, "pilots/x.yml")
    assert kengetallen.load(found).get("huur_corporatie", "euro per woning per jaar").waarde == 7200
    for wrong, words in (
        ({"huur_corporatie": {"waarde": 7200}}, r"pilots/x\.yml: .*huur_corporatie"),
        ({"huur_corporati": own}, "Bedoelt u .*huur_corporatie"),
        ([1], "regels van de vorm"),
    ):
        with pytest.raises(Fout, match=words):
            pilots._kengetallen(wrong, "pilots/x.yml")


def _with_colours(tmp_path, monkeypatch, text: str) -> pilots.Pilot:
    monkeypatch.setattr(sources, "PILOTS", tmp_path)
    (tmp_path / "proef.yml").write_text(yaml.safe_dump(GOOD) + text, encoding="utf-8")
    return pilots.load("proef")


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("", {}),
        ("huiskleuren:\n", {}),
        ("huiskleuren: {}\n", {}),
        ('huiskleuren: {hoofd: "#0b5d7a"}\n', {"hoofd": "#0b5d7a"}),
        (
            'huiskleuren:\n  hoofd: "#7A1F3D"\n  steun: "#3d5a26"\n',
            {"hoofd": "#7A1F3D", "steun": "#3d5a26"},
        ),
    ],
)
def test_house_colours_are_taken_over_as_they_are_written(tmp_path, monkeypatch, text, own):
    assert _with_colours(tmp_path, monkeypatch, text).huiskleuren == own


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'huiskleuren: {hoofdt: "#0b5d7a"}',
            r"hoofdt is geen geldige instelling\. Bedoelt u hoofd",
        ),
        ("huiskleuren: [rood]", "hier horen regels van de vorm"),
        # Without quotation marks YAML takes the colour for a remark.
        ("huiskleuren:\n  hoofd: #0b5d7a", "hoofd: hier staat geen kleur.*aanhalingstekens"),
        ("huiskleuren: {steun: rood}", "steun: 'rood' is geen kleur"),
        ("huiskleuren: {steun: 112233}", "steun: '112233' is geen kleur"),
        (
            'huiskleuren: {hoofd: "#ffcc00"}',
            r"hoofd: #ffcc00 heeft te weinig contrast met wit \(1,5; nodig is 4,5\)\. "
            r"De dichtstbijzijnde kleur die wel kan, is #957100\.",
        ),
        ('huiskleuren: {hoofd: "#0b5d7a", steun: "#0b5d7b"}', "lijken te veel op elkaar"),
    ],
)
def test_a_house_colour_that_cannot_be_used_is_refused(tmp_path, monkeypatch, text, message):
    with pytest.raises(Fout, match=rf"pilots/proef\.yml, huiskleuren.*{message}"):
        _with_colours(tmp_path, monkeypatch, text + "\n")
