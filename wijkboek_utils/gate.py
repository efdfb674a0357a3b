"""May this report be published? The page, the links to its folder, and the books it rests on.

`findings` runs the rules of `page_rules`; `faults` gives only the words, for the banner of a
concept.
"""

import re
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd

from wijkboek_utils import checks, dutch, htmltree, page_rules, wijkrekening
from wijkboek_utils.findings import Finding

INDEX = "../index.html"  # the list of all reports, written after each of them
_CLOSED = 0.02  # euro; sums of rounded amounts differ by less
_ROUNDED_SUM = 1.0  # euro; a sum over hundreds of thousands of boekingen
_ID = re.compile(r'id="(?<=\bid=")([^"]+)"')  # begins with what is found fast
_EXPLAINED = {checks.ROUNDED, checks.IN_SOURCE, checks.UNEXPLAINED}


def faults(
    html: str,
    bronnen: pd.DataFrame | None = None,
    scripts: bool = False,
    passports: bool = False,
) -> list[str]:
    """Return in plain Dutch what keeps a page from being published; an empty list is a pass.

    `bronnen` are the sources that must be credited; without them CBS is. With `scripts` the page
    may hold inline scripts that its policy names by hash. With `passports` every table has one.
    """
    found = findings(html, bronnen, scripts, passports)
    return list(dict.fromkeys(one.words for one in found))


def findings(
    html: str,
    bronnen: pd.DataFrame | None = None,
    scripts: bool = False,
    passports: bool = False,
) -> list[Finding]:
    """Return the same faults with the rule and the heading where each was found."""
    page = htmltree.parse(html)
    rules = page_rules.ALWAYS | {
        "beveiligingsbeleid": partial(page_rules.policy, scripts=scripts),
        "scripts": partial(page_rules.scripts, allowed=scripts),
        "verwijzingen": partial(page_rules.elsewhere, allowed=scripts),
        "bronvermelding": partial(page_rules.credits, bronnen=bronnen),
    }
    if passports:
        rules["cijferpaspoorten"] = page_rules.passports
    found = (
        Finding(name, where, words) for name, rule in rules.items() for where, words in rule(page)
    )
    return list(dict.fromkeys(found))


def links(html: str, folder: Path) -> list[str]:
    """Return which links of a page in `folder` lead to no file there, or to no place in a file."""
    found = []
    home = folder.resolve()
    names: dict[Path, set[str]] = {}
    for href in dict.fromkeys(one.get("href", "") for one in htmltree.parse(html).iter("a")):
        address = urlsplit(href)
        if address.scheme or address.netloc or not address.path or href == INDEX:
            continue
        target = (home / unquote(address.path)).resolve()
        if not target.is_relative_to(home):
            found.append(f"de link «{href}» leidt uit de map van het rapport")
        elif not target.is_file():
            found.append(f"de link «{href}» leidt naar een bestand dat er niet is")
        elif address.fragment and target.suffix == ".html":
            if target not in names:
                names[target] = set(_ID.findall(target.read_text(encoding="utf-8")))
            if unquote(address.fragment) not in names[target]:
                found.append(f"de link «{href}» leidt naar een plek die er niet is")
    return list(dict.fromkeys(found))


def books(controles: pd.DataFrame, sluitend: pd.DataFrame) -> list[str]:
    """Return in plain Dutch which checks of the books failed and which accounts do not close.

    `controles` as `checks.enforce`, `sluitend` as `wijkrekening.close`. Both are computed again
    from their amounts: a verdict that the amounts do not bear out is a fault too.
    """
    found = [] if len(controles) else ["de boeken zijn niet gecontroleerd"]
    for row in controles.itertuples():
        apart = abs(row.gevonden - row.verwacht)
        if row.oordeel == checks.HOLDS:
            good = apart < _ROUNDED_SUM  # an unknown amount is no pass: NaN is never smaller
        else:
            good = row.oordeel in _EXPLAINED or row.oordeel.startswith("verschil door")
        if not good:
            found.append(f"controle klopt niet: {row.controle}")
    if not len(sluitend):
        return [*found, "er is geen gesloten wijkrekening"]
    for name in wijkrekening.closable(sluitend.set_index(wijkrekening.LINE)):
        into = sluitend.loc[sluitend["naar"] == name, "sluitend"].sum()
        out = sluitend.loc[sluitend["van"] == name, "sluitend"].sum()
        if not abs(into - out) < _CLOSED:
            found.append(f"de rekening van {name} sluit niet: {dutch.euro(into - out)} verschil")
    if sluitend["sluitend"].isna().any():
        found.append("een bedrag in de gesloten wijkrekening is onbekend")
    if (sluitend["sluitend"] < -_CLOSED).any():
        found.append("een bedrag in de gesloten wijkrekening is kleiner dan nul")
    return found
