"""House colours: what is refused, what is proposed instead, and whether all of it can be read."""

import re
from itertools import combinations, pairwise

import pytest
from coloraide import Color
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from wijkboek_utils import colours
from wijkboek_utils.errors import Fout

CSS = (ROOT / "wijkboek_utils" / "templates" / "report.css").read_text(encoding="utf-8")
hexes = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def schemes(css: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the variables of the light and the dark scheme of a style sheet."""
    values = r"(--wb-[a-z0-9-]+):\s*(#[0-9a-f]{3,6})\b"
    before, after = css.split("@media screen and (prefers-color-scheme: dark)", 1)
    light = dict(re.findall(values, before))
    return light, light | dict(re.findall(values, after.split("@media", 1)[0]))


def contrast(one: str, other: str) -> float:
    return Color(one).contrast(other)


@given(hexes)
def test_a_proposed_colour_passes_stays_as_it_is_and_a_passing_one_is_not_touched(value):
    proposed = colours.readable(value)
    assert contrast(proposed, "#ffffff") >= 4.5
    assert colours.readable(proposed) == proposed
    assert colours.check("hoofd", proposed, "huiskleuren") == proposed
    if contrast(value, "#ffffff") >= 4.5:
        assert proposed == value
    else:
        with pytest.raises(Fout, match=f"{value} heeft te weinig contrast .* is {proposed}"):
            colours.check("hoofd", value, "huiskleuren")


_STEPS = [n / 15 for n in range(16)]
_ALL = [Color("srgb", [r, g, b]) for r in _STEPS for g in _STEPS for b in _STEPS]
_PASS = [colour.convert("oklab") for colour in _ALL if colour.contrast("#ffffff") >= 4.5]


@settings(max_examples=30)
@given(hexes)
def test_no_colour_that_passes_is_seen_to_be_nearer_than_the_proposed_one(value):
    assume(contrast(value, "#ffffff") < 4.5)
    found = Color(value).delta_e(colours.readable(value), method="ok")
    own = Color(value).convert("oklab")
    nearer = [o for o in _PASS if own.distance(o, space="oklab") < found - 0.01]
    assert nearer == []  # 0.02 in OKLab is a difference that one can just see


def test_the_message_names_place_measure_and_proposal():
    with pytest.raises(Fout) as fout:
        colours.check("hoofd", "#ffcc00", "huiskleuren")
    assert str(fout.value) == (
        "huiskleuren, hoofd: #ffcc00 heeft te weinig contrast met wit (1,5; nodig is 4,5). "
        "De dichtstbijzijnde kleur die wel kan, is #957100."
    )


def test_a_colour_just_below_the_bound_is_not_said_to_be_on_it():
    assert 4.45 < contrast("#777777", "#ffffff") < 4.5
    with pytest.raises(Fout, match=r"\(4,4; nodig is 4,5\)"):
        colours.check("steun", "#777777", "huiskleuren")


@pytest.mark.parametrize(
    "value",
    [
        *("", "rood", "#fff", "0b5d7a", "#0b5d7", "#0b5d7g", "#0b5d7a\n", "#0b5d7a;}", 7, [], True),
        *("</style><script>", "\u202e#0b5d7a", "#" * 10_000, "#\uff10b5d7a"),
    ],
)
def test_what_is_no_colour_is_refused_and_never_reaches_the_page(value):
    with pytest.raises(Fout, match="is geen kleur") as fout:
        colours.check("hoofd", value, "huiskleuren")
    assert len(str(fout.value)) < 250


def test_two_colours_that_look_the_same_are_refused_and_shades_of_one_hue_are_not():
    with pytest.raises(Fout, match="lijken te veel op elkaar"):
        colours.check_all({"hoofd": "#0b5d7a", "steun": "#0c5e7b"}, "huiskleuren")
    navy = {"hoofd": "#003366", "steun": "#0077b3"}
    assert colours.check_all(navy, "huiskleuren") == navy


def test_no_house_colours_change_nothing():
    assert colours.palette({}) == ""


def test_the_constants_are_those_of_the_style_sheet():
    light, _ = schemes(CSS)
    assert {n: light[f"--wb-{n}"] for n in "1234"} == colours.OWN
    assert (light["--wb-paper"], light["--wb-wash"]) == (colours.PAPER, colours.WASH)


@given(st.dictionaries(st.sampled_from(["hoofd", "steun"]), hexes, min_size=1))
def test_every_palette_can_be_read_in_light_and_dark(wanted):
    try:
        own = {name: colours.readable(value) for name, value in wanted.items()}
        own = colours.check_all(own, "huiskleuren")
    except Fout:
        assume(False)
    css = colours.palette(own)
    for ours, theirs in zip(schemes(CSS), schemes(css), strict=True):
        found = ours | theirs
        papers = [found["--wb-paper"], found["--wb-wash"]]
        tones = [found[f"--wb-{n}"] for n in range(1, 5)]
        assert min(contrast(found["--wb-link"], paper) for paper in papers) >= 4.5
        assert min(contrast(tone, paper) for tone in tones for paper in papers) >= 3
        steps = [found[f"--wb-map-{n}"] for n in range(5)]
        assert min(contrast(step, found["--wb-map-line"]) for step in steps) >= 3
        assert min(Color(a).delta_e(b, method="2000") for a, b in combinations(tones, 2)) > 10
        # From pale to full in steps that are about the same, or the legend cannot be read back.
        light = [Color(step).convert("oklch")["lightness"] for step in steps]
        jumps = [a - b for a, b in pairwise(light)]
        assert min(jumps) > 0.06
    light, _ = schemes(css)
    assert [light.get("--wb-1"), light.get("--wb-2")] == [
        own.get("hoofd", light["--wb-1"]),
        own.get("steun", light["--wb-2"]),
    ]


def test_our_own_tones_stay_where_the_gemeente_leaves_room():
    light, dark = schemes(colours.palette({"hoofd": "#8a1538", "steun": "#3d5a26"}))
    assert (light["--wb-3"], light["--wb-4"]) == (colours.OWN["3"], colours.OWN["4"])
    moved, _ = schemes(colours.palette({"hoofd": colours.OWN["3"]}))
    assert moved["--wb-3"] != colours.OWN["3"]
    hue = [Color(v["--wb-1"]).convert("oklch")["hue"] for v in (light, dark)]
    assert hue[0] == pytest.approx(hue[1], abs=3)  # the sister in the dark has the same hue


def test_a_support_colour_alone_leaves_links_and_map_ours():
    css = colours.palette({"steun": "#3d5a26"})
    assert "--wb-link" not in css and "--wb-map" not in css
