"""A page as a tree, so that a rule about it is a few words long."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

_VOID = re.compile("area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr")
# Drawings may close an element at once; in HTML only a void element ends where it begins.
_DRAWN = re.compile("circle|ellipse|g|image|line|path|polygon|polyline|rect|stop|svg|text|use")
HEADINGS = frozenset(f"h{level}" for level in range(1, 7))


class _Reader(HTMLParser):
    """Build a tree; what is never closed ends where its parent ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tree = TreeBuilder()
        self.open = ["page"]
        self.tree.start("page", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tree.start(tag, {name: value or "" for name, value in attrs})
        if _VOID.fullmatch(tag):
            self.tree.end(tag)
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if _DRAWN.fullmatch(tag):
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.open[1:]:
            return
        while (last := self.open.pop()) != tag:
            self.tree.end(last)
        self.tree.end(tag)

    def handle_data(self, data: str) -> None:
        self.tree.data(data)

    def finish(self) -> Element:
        for tag in reversed(self.open):
            self.tree.end(tag)
        return self.tree.close()


@lru_cache(maxsize=4)  # a report has three pages, each read by several rules
def parse(html: str) -> Element:
    """Return a page as a tree below an element `page`. The tree is shared: read it only."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.finish()


def tidy(words: str) -> str:
    """Return words with single spaces, and none before a full stop or comma."""
    return re.sub(r" ([.,;:!?)])", r"\1", " ".join(words.split()))


def text(element: Element) -> str:
    """Return all words inside an element. What two elements say never runs into one word."""
    return tidy(" ".join(element.itertext()))


def classes(element: Element) -> set[str]:
    """Return the classes of an element."""
    return set(element.get("class", "").split())


def level(element: Element) -> int:
    """Return the level of a heading, 1 to 6; 0 for anything else."""
    return int(element.tag[1]) if re.fullmatch("h[1-6]", str(element.tag)) else 0


def walk(
    element: Element, skip: Callable[[Element], bool] = lambda element: False
) -> Iterator[tuple[Element, str]]:
    """Yield each element in the order of the page with the heading it stands below.

    An element for which `skip` is true is left out with all that is inside it.
    """
    heading = ""
    waiting = [element]
    while waiting:
        one = waiting.pop()
        if skip(one):
            continue
        if one.tag in HEADINGS:
            heading = text(one)
        yield one, heading
        waiting.extend(reversed(one))
