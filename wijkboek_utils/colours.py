"""The house colours of a gemeente in the report: checked for contrast, with a sister in the dark.

Contrast is that of WCAG 2.1 (success criteria 1.4.3 and 1.4.11). Lighter and darker sisters keep
the hue and, as far as a screen can show it, the chroma of a colour in OKLCH (Ottosson 2020). How
far two colours are apart is CIEDE2000.
"""

import re
from typing import Any

from coloraide import Color

from wijkboek_utils import dutch
from wijkboek_utils.errors import Fout

TEXT = 4.5  # what WCAG asks of text
PAPER, WASH = "#ffffff", "#f3f6f7"  # what links stand on in the light, as in report.css
OWN = {"1": "#0b5d7a", "2": "#2f7d4f", "3": "#a4471f", "4": "#6b4f9e"}  # as in report.css
_APART = 12.0  # from here on nobody takes one tone of a picture for another
# Lightness in the dark: each tone has its own, or dark blue and light blue would become the same.
_DARK = {"1": 0.72, "2": 0.82, "3": 0.7, "4": 0.76}
_DARK_LINK = 0.8
_MAP_PALE, _MAP_FULL = 0.95, 0.57


def check(name: str, value: Any, where: str) -> str:
    """Return a house colour, `#rrggbb`, that can be read as a link on white paper.

    Raises Fout with the contrast that was measured and the nearest colour that can be read.
    """
    if not isinstance(value, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        what = "hier staat geen kleur" if value is None else f"{str(value)[:40]!r} is geen kleur"
        raise Fout(
            f"{where}, {name}: {what}. Schrijf een # met zes cijfers of letters van a tot f, "
            f'tussen aanhalingstekens: "{OWN["1"]}".'
        )
    ratio = Color(value).contrast(PAPER)
    if ratio < TEXT:
        found = dutch.number(int(ratio * 10) / 10, 1)  # rounded up, 4.49 would read as enough
        near = readable(value)
        raise Fout(
            f"{where}, {name}: {value} heeft te weinig contrast met wit ({found}; nodig is "
            f"{dutch.number(TEXT, 1)}). De dichtstbijzijnde kleur die wel kan, is {near}."
        )
    return value


def check_all(own: dict[str, Any], where: str) -> dict[str, str]:
    """Return all house colours of a pilot, each checked, and not two that look the same."""
    found = {name: check(name, value, where) for name, value in own.items()}
    if len(found) == 2 and _apart("1", found["hoofd"], "2", found["steun"]) < _APART:
        raise Fout(
            f"{where}: hoofd {found['hoofd']} en steun {found['steun']} lijken te veel op elkaar "
            "voor een afbeelding. Kies een andere steun, of laat steun weg."
        )
    return found


def readable(value: str, paper: str = PAPER, ratio: float = TEXT) -> str:
    """Return `value`, or its nearest darker sister that has a contrast of `ratio` with `paper`."""
    if Color(value).contrast(paper) >= ratio:
        return value
    best, low, high = "#000000", 0.0, _lightness(value)
    for _ in range(12):  # a step of lightness is then smaller than a screen can show
        middle = (low + high) / 2
        sister = _sister(value, middle)
        if Color(sister).contrast(paper) >= ratio:
            best, low = sister, middle
        else:
            high = middle
    return best


def palette(huiskleuren: dict[str, str]) -> str:
    """Return the CSS that puts the house colours of a pilot in the place of ours; none, nothing.

    Expects colours that `check_all` let pass. What the gemeente leaves open stays ours, unless that
    would look like a colour of the gemeente.
    """
    if not huiskleuren:
        return ""
    tones = _tones(huiskleuren)
    light = {f"--wb-{n}": tone for n, tone in tones.items()}
    dark = {f"--wb-{n}": _sister(tone, _DARK[n]) for n, tone in tones.items()}
    if hoofd := huiskleuren.get("hoofd"):
        light |= {"--wb-link": readable(hoofd, WASH)} | _map(hoofd)
        dark |= {"--wb-link": _sister(hoofd, _DARK_LINK)} | _map(hoofd)
    return (
        f":root {{ {_css(light)} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_css(dark)} }} }}\n"
    )


def _tones(huiskleuren: dict[str, str]) -> dict[str, str]:
    """Return the four tones of pictures: those of the gemeente, and ours that differ from them."""
    places = {"1": huiskleuren.get("hoofd"), "2": huiskleuren.get("steun")}
    tones = {n: tone for n, tone in places.items() if tone}
    for n in sorted(OWN.keys() - tones.keys()):
        # Our own tone of this place comes first, and wins when it is far enough from the others.
        room = {
            tone: min(_APART, *(_apart(n, tone, m, t) for m, t in tones.items()))
            for tone in [OWN[n], *OWN.values()]
        }
        tones[n] = max(room, key=lambda tone: room[tone])
    return dict(sorted(tones.items()))


def _map(value: str) -> dict[str, str]:
    """Return the steps of the map, from pale to full, in the hue of a colour."""
    pale = Color(value).convert("oklch").set({"lightness": _MAP_PALE, "chroma": lambda c: c / 3})
    ends = [_hex(pale), _sister(value, _MAP_FULL)]
    steps = Color.steps(ends, steps=5, space="oklab", out_space="srgb")
    return {f"--wb-map-{n}": _hex(step) for n, step in enumerate(steps)}


def _lightness(value: str) -> float:
    return Color(value).convert("oklch")["lightness"]


def _sister(value: str, lightness: float) -> str:
    """Return a colour at another lightness, with as much of its chroma as a screen can show."""
    return _hex(Color(value).convert("oklch").set("lightness", lightness))


def _hex(colour: Color) -> str:
    return colour.convert("srgb").fit("srgb", method="oklch-chroma").to_string(hex=True)


def _apart(n: str, one: str, m: str, other: str) -> float:
    """Return how far tone `one` at place `n` is from `other` at place `m`, in light and dark."""
    pairs = [(one, other), (_sister(one, _DARK[n]), _sister(other, _DARK[m]))]
    return min(Color(a).delta_e(b, method="2000") for a, b in pairs)


def _css(variables: dict[str, str]) -> str:
    return " ".join(f"{name}: {value};" for name, value in variables.items())
