"""May this page be published? Rules that the page itself can be tested on."""

import re
from html.parser import HTMLParser

# Attributes by which a page can reach another host, also when nobody clicks.
_ADDRESSES = {"src", "href", "srcset", "poster", "data", "action", "xlink:href"}
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
        if tag == "svg" and values.get("role") == "img" and not values.get("aria-labelledby"):
            self.faults.append("een tekening heeft geen titel en uitleg")
        if tag == "table":
            self._named["table"] = set()
        if tag == "caption":
            self._named.setdefault("table", set()).add("caption")
        for name in _ADDRESSES & values.keys():
            self.addresses += values[name].split(", ") if name == "srcset" else [values[name]]
        self._style(values.get("style", ""))
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
    found = list(page.faults)
    if page.language != "nl":
        found.append("de taal van de pagina is niet ingesteld op Nederlands")
    if page.headings.count(1) != 1:
        found.append(f"er hoort één hoofdtitel te zijn; het zijn er {page.headings.count(1)}")
    steps = zip(page.headings, page.headings[1:], strict=False)
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
