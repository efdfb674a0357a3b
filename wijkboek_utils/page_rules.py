"""Rules that a page keeps before it may be published, each a few lines on its tree.

A rule takes the page and yields what is wrong, as (where, words): the heading it stands below, and
in plain Dutch what to mend.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import pandas as pd

from wijkboek_utils import htmltree
from wijkboek_utils.htmltree import has_class, text, walk

Found = Iterator[tuple[str, str]]
Rule = Callable[[Element], Found]

# Attributes by which a page can reach another host, also when nobody clicks.
_ADDRESSES = {"src", "href", "poster", "data", "action", "background", "xlink:href"}
_NAMES = ("aria-labelledby", "aria-describedby", "aria-details", "for")
_NAMING = frozenset(_NAMES)
_SPOKEN = {"alt", "title", "aria-label", "aria-description"}
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/|\\", re.IGNORECASE)
# The one host that the interactive map may ask for pictures, once a reader switches them on.
BASE_MAP = "https://service.pdok.nl"
_IN_STYLE = re.compile(r"url\(\s*['\"]?\s*([^'\")\s]*)|(@import[^;]*)", re.IGNORECASE)
# A word by itself; begins with what is found fast.
_NOT_A_FIGURE = re.compile(
    "|".join(
        rf"{word}(?<![\w.]{word})(?!\w|\.\w)"
        for word in ("nan", "NaN", "NaT", "None", "<NA>", "inf")
    )
)
# What tools put where no description is, and words that describe no picture in particular.
_PLACEHOLDER = re.compile(
    r"No description has been provided.*|.*\.(?:png|jpe?g|svg|gif)|"
    r"(?:een )?(?:afbeelding|figuur|grafiek|tekening|kaart|image|chart|plot|untitled)\s*\d*",
    re.IGNORECASE | re.DOTALL,
)
_DRAWN = {"path", "rect", "circle", "ellipse", "line", "polygon", "polyline", "text", "image"}
_DRAWN |= {"use"}
_CODE = {"style", "script", "pre", "code"}
_EXACT = _CODE | {"table", "footer"}
_DATA = {"application/json", "application/geo+json", "application/ld+json"}
# Of an amount of a thousand euro or more, an estimate deserves three digits (dutch.rounding_unit).
_AMOUNT = re.compile(r"€\s?[−-]?(\d{1,3}(?:\.\d{3})+|\d+(?:,\d+)?\s(?:miljoen|miljard))")
_DIGITS = 3


def _language(page: Element) -> Found:
    if not any(html.get("lang") == "nl" for html in page.iter("html")):
        yield "", "de taal van de pagina is niet ingesteld op Nederlands"


def _headings(page: Element) -> Found:
    headings = [(htmltree.level(e), text(e)) for e in page.iter() if htmltree.level(e)]
    main = sum(level == 1 for level, _ in headings)
    if main != 1:
        yield "", f"er hoort één hoofdtitel te zijn; het zijn er {main}"
    before = 0
    for level, words in headings:
        if level > before + 1:
            yield words, "een tussenkop slaat een niveau over"
        if not words:
            yield "", "een kop is leeg"
        before = level


def _ids(page: Element) -> Found:
    times = Counter(filter(None, (e.get("id") for e in page.iter())))
    for element, where in walk(page):
        names = element.keys()
        if not names:
            continue
        ident = element.get("id")
        if ident and times[ident] > 1:
            yield where, f"de naam «{ident}» komt vaker voor op de pagina"
        meant = []
        if not _NAMING.isdisjoint(names):
            meant = " ".join(element.get(name, "") for name in _NAMES).split()
        href = element.get("href", "")
        if href.startswith("#") and href not in ("#", "#top"):
            meant.append(unquote(href[1:]))
        for name in meant:
            if name not in times:
                yield where, f"een verwijzing naar «{name}» leidt nergens heen"


def _images(page: Element) -> Found:
    twins = _with_twin(page)
    for image, where in walk(page):
        if image.tag != "img":
            continue
        alt = image.get("alt", "").strip()
        if not alt:
            yield where, "een afbeelding heeft geen alternatieve tekst"
        elif _PLACEHOLDER.fullmatch(alt):
            yield where, f"de alternatieve tekst van een afbeelding zegt niets: «{alt[:40]}»"
        if id(image) not in twins:
            yield where, "bij een afbeelding staat geen tabel met dezelfde cijfers"


def _drawings(page: Element) -> Found:
    twins = _with_twin(page)
    hidden = {svg for e in page.iter() if e.get("aria-hidden") == "true" for svg in e.iter("svg")}
    for svg, where in walk(page):
        if svg.tag != "svg" or svg in hidden:
            continue
        if svg.get("role") == "group":  # links in a drawing, each with a name of its own
            if not svg.get("aria-label") or page.find(".//td") is None:
                yield where, "een tekening met links heeft geen naam, of de pagina geen tabel ervan"
            continue
        spoken = {e.tag: text(e) for e in svg if e.tag in ("title", "desc")}
        if not svg.get("aria-labelledby") or not all(map(spoken.get, ("title", "desc"))):
            yield where, "een tekening heeft geen titel en uitleg"
        elif _PLACEHOLDER.fullmatch(spoken["title"]) or spoken["title"] == spoken["desc"]:
            yield where, f"de uitleg van een tekening zegt niets: «{spoken['title'][:40]}»"
        if not any(e.tag in _DRAWN for e in svg.iter()):
            yield where, "een tekening is leeg"
        if id(svg) not in twins:
            yield where, "bij een tekening staat geen tabel met dezelfde cijfers"


@lru_cache(maxsize=4)
def _with_twin(page: Element) -> set[int]:
    """Return which pictures stand in a figure with a table, or name where their table is."""
    tables = {e.get("id") for e in page.iter() if e.get("id") and e.find(".//td") is not None}
    figures = [figure for figure in page.iter("figure") if figure.find(".//td") is not None]
    inside = (e for figure in figures for e in figure.iter() if e.tag in ("img", "svg"))
    named = (e for e in page.iter("svg") if e.get("aria-details") in tables)
    return {id(e) for e in (*inside, *named)}


def _tables(page: Element) -> Found:
    for table, where in walk(page):
        if table.tag != "table":
            continue
        if not any(text(caption) for caption in table.iter("caption")):
            yield where, "een tabel heeft geen bijschrift"
        heads = list(table.iter("th"))
        if not heads:
            yield where, "een tabel heeft geen kopcellen"
        elif not all(head.get("scope") for head in heads):
            yield where, "een kopcel van een tabel zegt niet of zij bij een rij of kolom hoort"


def _refresh(page: Element) -> Found:
    for element, where in walk(page):
        if element.get("srcset") is not None or element.get("http-equiv", "").lower() == "refresh":
            yield where, "de pagina kan vanzelf een ander adres openen"


def elsewhere(page: Element, allowed: bool) -> Found:
    """Find what leads out of the folder; with `allowed` a credit may, when a reader clicks it."""
    for element, where in walk(page):
        for name, value in element.items():
            found = [value] if name in _ADDRESSES else []
            if "(" in value or "@" in value:
                found += ["".join(match) for match in _IN_STYLE.findall(value)]
            for address in found:
                clicked = name == "href" and element.tag == "a"
                credit = clicked and allowed and "noreferrer" in element.get("rel", "")
                if not _own(address, clicked) and not (credit and address.startswith("https://")):
                    yield where, f"de pagina verwijst naar een ander adres: {address[:80]}"
        if element.tag == "style":
            for match in _IN_STYLE.findall("".join(element.itertext())):
                if not _own("".join(match), clicked=False):
                    yield where, f"de pagina verwijst naar een ander adres: {''.join(match)[:80]}"


def _own(address: str, clicked: bool) -> bool:
    """Return whether an address is in the page itself or, for a link to click, in its folder."""
    address = re.sub(r"[\x00-\x20]", "", address)  # a browser leaves these out
    if address.startswith(("#", "data:")):
        return True
    return clicked and bool(address) and not ELSEWHERE.match(address)


def _policies(page: Element) -> dict[str, list[str]]:
    """Return the Content-Security-Policy of a page: per directive what it allows."""
    for meta in page.iter("meta"):
        if meta.get("http-equiv", "").lower() == "content-security-policy":
            parts = [part.split() for part in meta.get("content", "").split(";")]
            return {part[0].lower(): part[1:] for part in parts if part}
    return {}


def policy(page: Element, scripts: bool) -> Found:
    """Find what the policy of a page lets in; a page with scripts may ask for the base map."""
    said = _policies(page)
    for directive in ("default-src", "base-uri", "form-action"):
        if said.get(directive) != ["'none'"]:
            yield "", f"het beveiligingsbeleid van de pagina zegt niet: {directive} 'none'"
    granted = {("style-src", "'unsafe-inline'")}
    granted |= {("img-src", BASE_MAP)} if scripts else set()
    for directive, values in said.items():
        for value in values:
            closed = re.fullmatch(r"'none'|data:|blob:|'sha256-.+'", value)
            if not closed and (directive, value) not in granted:
                yield "", f"het beveiligingsbeleid laat te veel toe: {directive} {value}"


def scripts(page: Element, allowed: bool) -> Found:
    hashes = _policies(page).get("script-src", [])
    for element, where in walk(page):
        if (names := element.keys()) and any(name.startswith("on") for name in names):
            yield where, "de pagina bevat een script"
        if element.tag != "script":
            continue
        code = "".join(element.itertext()).encode()
        if not allowed or "src" in element.attrib:
            yield where, "de pagina bevat een script"
        elif element.get("type", "") not in _DATA:
            name = base64.b64encode(hashlib.sha256(code).digest()).decode()
            if f"'sha256-{name}'" not in hashes:
                yield where, "een script staat niet in het beveiligingsbeleid van de pagina"


def _unknowns(page: Element) -> Found:
    told = [e for e in page.iter() if not _SPOKEN.isdisjoint(e.keys())]
    said = [*page.itertext(), *(e.get(name, "") for e in told for name in _SPOKEN)]
    if not _NOT_A_FIGURE.search("\n".join(said)):  # as in most pages
        return
    for element, where in walk(page, lambda e: e.tag in _CODE or _banner(e)):
        spoken = (element.attrib[name] for name in sorted(_SPOKEN & element.attrib.keys()))
        for words in (element.text, *(e.tail for e in element), *spoken):
            if words and (wrong := _NOT_A_FIGURE.search(words)):
                yield where, f"een onbekend cijfer staat er als «{wrong.group()}»"


def _banner(element: Element) -> bool:
    """Return whether this is the banner of a concept, which repeats what is wrong."""
    return has_class(element, "wb-concept")


def _precision(page: Element) -> Found:
    for element, where in walk(
        page, lambda e: e.tag in _EXACT or has_class(e, "wb-pas") or _banner(e)
    ):
        for words in [element.text or "", *(e.tail or "" for e in element)]:
            if "€" not in words:
                continue
            for amount in _AMOUNT.finditer(words):
                digits = re.sub(r"\D", "", amount.group(1)).strip("0")
                if len(digits) > _DIGITS:
                    shown = " ".join(amount.group().split())
                    yield where, f"een bedrag in de tekst is preciezer dan we weten: «{shown}»"


def credits(page: Element, bronnen: pd.DataFrame | None) -> Found:
    if bronnen is None:
        if "Bron: CBS" not in text(page):
            yield "", "de bronvermelding van CBS ontbreekt"
        return
    foot = " ".join(text(footer) for footer in page.iter("footer"))
    for row in bronnen.dropna(subset="vermelding").itertuples():
        if htmltree.tidy(f"{row.vermelding} ({row.licentie})") not in foot:
            yield "", f"de bronvermelding «{row.vermelding} ({row.licentie})» ontbreekt"
        elif htmltree.tidy(str(row.titel)) not in foot:
            yield "", f"de bron «{row.titel}» staat niet bij de bronvermelding"


def passports(page: Element) -> Found:
    """Find tables with figures after which no fold with passports comes before the next heading."""
    waiting: list[tuple[str, str]] = []
    inside: set[int] = set()
    for element, where in walk(page):
        if id(element) in inside:
            continue
        if has_class(element, "wb-pas"):
            inside |= {id(e) for e in element.iter()}
            waiting = []
        elif htmltree.level(element):
            yield from waiting
            waiting = []
        elif has_class(element, "wb-table") and any(map(_holds_figure, element.iter("td"))):
            name = text(next(element.iter("caption"), element))[:80]
            waiting.append((where, f"bij de tabel «{name}» staat geen cijferpaspoort"))
    yield from waiting


def _holds_figure(cell: Element) -> bool:
    return has_class(cell, "num")


ALWAYS: dict[str, Rule] = {
    "taal": _language,
    "koppen": _headings,
    "namen en links": _ids,
    "afbeeldingen": _images,
    "tekeningen": _drawings,
    "tabellen": _tables,
    "vanzelf verder": _refresh,
    "onbekend cijfer": _unknowns,
    "te precies": _precision,
}
