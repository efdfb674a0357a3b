"""May this page be published? Rules that the page itself can be tested on."""

import re
from html.parser import HTMLParser

# Attributes by which a page can reach another host, also when nobody clicks.
_ADDRESSES = {"src", "href", "poster", "data", "action", "background", "xlink:href"}
_SPOKEN = {"alt", "title", "aria-label", "aria-description"}
_OWN = ("#", "audit/", "data:")
_NOT_A_FIGURE = re.compile(r"(?<![\w.])(nan|NaN|NaT|None|<NA>|inf)(?!\w|\.\w)")
_PLACEHOLDER = "No description has been provided"  # what nbconvert puts where there is no text


class _Page(HTMLParser):
    """Collect what the rules look at."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.headings: list[int] = []
        self.language = ""
        self.addresses: list[str] = []
        self.faults: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self._named: dict[str, set[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = values.get("lang", "")
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "script":
            self.faults.append("de pagina bevat een script")
        if tag == "img" and (not values.get("alt") or _PLACEHOLDER in values["alt"]):
            self.faults.append("een afbeelding heeft geen alternatieve tekst")
        hidden = values.get("aria-hidden") == "true"
        if tag == "svg" and not hidden and not values.get("aria-labelledby"):
            self.faults.append("een tekening heeft geen titel en uitleg")
        if tag == "table":
            self._named["table"] = set()
        if tag == "caption":
            self._named.setdefault("table", set()).add("caption")
        if "srcset" in values or values.get("http-equiv", "").lower() == "refresh":
            self.faults.append("de pagina kan vanzelf een ander adres openen")
        if any(name.startswith("on") for name in values):
            self.faults.append("de pagina bevat een script")
        self.addresses += [values[name] for name in _ADDRESSES & values.keys()]
        self.words += [values[name] for name in _SPOKEN & values.keys()]
        for value in values.values():
            self._style(value)  # a drawing may name an address in any attribute
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and "caption" not in self._named.get("table", set()):
            self.faults.append("een tabel heeft geen bijschrift")
        if tag in self._open:  # what was opened inside and never closed goes with it
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            self._style(data)
        elif not {"pre", "code"} & set(self._open):
            self.words.append(data)

    def _style(self, css: str) -> None:
        self.addresses += re.findall(r"url\(\s*['\"]?\s*([^'\")\s]*)", css, re.IGNORECASE)
        self.addresses += re.findall(r"@import[^;]*", css, re.IGNORECASE)


def faults(html: str) -> list[str]:
    """Return in plain Dutch what keeps a page from being published; an empty list is a pass."""
    page = _Page()
    page.feed(html)
    page.close()
    found = list(page.faults)
    if page.language != "nl":
        found.append("de taal van de pagina is niet ingesteld op Nederlands")
    if page.headings.count(1) != 1:
        found.append(f"er hoort één hoofdtitel te zijn; het zijn er {page.headings.count(1)}")
    steps = zip([0, *page.headings], page.headings, strict=False)
    if any(after > before + 1 for before, after in steps):
        found.append("een tussenkop slaat een niveau over")
    if elsewhere := [a for a in page.addresses if not a.startswith(_OWN)]:
        found.append(f"de pagina verwijst naar een ander adres: {', '.join(elsewhere[:3])}")
    text = " ".join(page.words)
    if wrong := _NOT_A_FIGURE.search(text):
        found.append(f"een onbekend cijfer staat er als «{wrong.group()}»")
    if "Bron: CBS" not in text:
        found.append("de bronvermelding van CBS ontbreekt")
    return list(dict.fromkeys(found))
