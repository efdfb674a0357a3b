"""A page as a tree, so that a rule about it is a few words long."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from html import escape, unescape
from typing import NamedTuple
from xml.etree.ElementTree import Element, TreeBuilder

_VOID = re.compile("area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr")
# Drawings may close an element at once; in HTML only a void element ends where it begins.
_DRAWN = re.compile("circle|ellipse|g|image|line|path|polygon|polyline|rect|stop|svg|text|use")
HEADINGS = frozenset(f"h{level}" for level in range(1, 7))

# Tags as a browser finds them (HTML, 13.2.5): a name, attributes, and what ends it. Signs that are
# doubled (*+) never try again, and what never ends does at the end of the page, as in a browser:
# so no page can make the search slow. Groups are not doubled: Python before 3.11.5 reads
# those wrongly (gh-106052), and Debian 12 has 3.11.2.
_ATTRIBUTE = r"""[\s/]*+([^\s/>][^\s/>=]*+)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|(?!["'])[^\s>]*+))?"""
_ATTRIBUTES = "(?:" + re.sub(r"(?<!\\)\((?!\?)", "(?:", _ATTRIBUTE) + r")*[\s/]*+(?:>|\Z)"
_RAW = r"<%s(?=[\s/>])" + _ATTRIBUTES + r"[^<]*+(?:<(?!/%s[\s/>])[^<]*+)*(?:</%s[^>]*+)?(?:>|\Z)"
_TOKEN = re.compile(
    "("
    + "|".join(
        [
            *(_RAW.replace("%s", name) for name in ("script", "style")),  # inside is no HTML
            rf"</?[a-z][^\s/>]*+{_ATTRIBUTES}",
            r"<!--(?:-?>|.*?(?:--!?>|\Z))",
            r"<[!?/][^>]*+(?:>|\Z)",
        ]
    )
    + ")",
    re.IGNORECASE | re.DOTALL,
)
_START = re.compile(rf"<([a-z][^\s/>]*+)({_ATTRIBUTES})", re.IGNORECASE)
_END = re.compile(r"</([a-z][^\s/>]*+)", re.IGNORECASE)


class Tag(NamedTuple):
    """What one tag does: it opens the element `name`, or closes `ends`; a comment does neither.

    `alone` says that nothing more stands in the element; `inside` is what a script or style holds.
    """

    name: str = ""
    ends: str = ""
    attributes: dict[str, str] = {}  # noqa: RUF012
    alone: bool = False
    inside: str = ""


@lru_cache(maxsize=50_000)  # most tags of a page are `<td>`
def _tag(text: str) -> Tag:
    if end := _END.match(text):
        ends = end.group(1).lower()
        return Tag() if _VOID.fullmatch(ends) else Tag(ends=ends)
    start = _START.match(text)
    if not start or not start.group().endswith(">"):
        return Tag()
    name = start.group(1).lower()
    attributes: dict[str, str] = {}
    for attribute, value in re.findall(_ATTRIBUTE, start.group(2)[:-1]):
        value = value[1:-1] if value[:1] in ("'", '"') else value
        attributes.setdefault(attribute.lower(), unescape(value))
    alone = bool(_VOID.fullmatch(name)) or name in ("script", "style")
    alone |= start.group().endswith("/>") and bool(_DRAWN.fullmatch(name))
    inside = re.sub(r"</\w+[^<]*\Z", "", text[start.end() :])
    return Tag(name, "", attributes, alone, inside)


def _tokens(html: str) -> Iterator[tuple[str, str]]:
    """Return the text before each tag of a page, and the tag."""
    found = _TOKEN.split(html)
    return zip(found[::2], [*found[1::2], "<!>"], strict=True)


@lru_cache(maxsize=4)  # a report has three pages, each read by several rules
def parse(html: str) -> Element:
    """Return a page as a tree below an element `page`. The tree is shared: read it only.

    What is never closed ends where its parent ends; what closes nothing is not there.
    """
    tree = TreeBuilder()
    tree.start("page", {})
    opened: list[str] = []
    for words, text_of_tag in _tokens(html):
        if words:
            tree.data(unescape(words) if "&" in words else words)
        name, ends, attributes, alone, inside = _tag(text_of_tag)
        if name:
            tree.start(name, attributes.copy())
            if alone:
                tree.data(inside)
                tree.end(name)
            else:
                opened.append(name)
        elif ends in opened:
            while (last := opened.pop()) != ends:
                tree.end(last)
            tree.end(ends)
    for last in reversed(opened):
        tree.end(last)
    tree.end("page")
    return tree.close()


def written(html: str) -> str:
    """Return a piece of a page in one way of writing: small letters, all closed, quoted, sorted.

    Of white space that nobody sees one sign stays.
    """
    parts: list[str] = []
    opened: list[str] = []
    for words, found in _tokens(html):
        if not words.strip(" \t\n\f\r") and len(words) > 1 and "pre" not in opened:
            words = "\n" if "\n" in words else " "
        parts.append(escape(unescape(words), quote=False) if "&" in words else words)
        tag = _tag(found)
        if tag.name:
            parts.append(_opening(found))
            if not tag.alone:
                opened.append(tag.name)
            elif not _VOID.fullmatch(tag.name):
                parts.append(f"{tag.inside}</{tag.name}>")
        elif tag.ends in opened:
            while (last := opened.pop()) != tag.ends:
                parts.append(f"</{last}>")
            parts.append(f"</{last}>")
    parts += [f"</{name}>" for name in reversed(opened)]
    return "".join(parts)


@lru_cache(maxsize=50_000)
def _opening(text: str) -> str:
    """Return a tag that opens an element in one way of writing."""
    tag = _tag(text)
    said = "".join(f" {key}={_quoted(value)}" for key, value in sorted(tag.attributes.items()))
    return f"<{tag.name}{said}{'/' if _VOID.fullmatch(tag.name) else ''}>"


def _quoted(value: str) -> str:
    value = escape(value, quote=False)
    if '"' in value and "'" not in value:
        return f"'{value}'"
    return '"' + value.replace('"', "&quot;") + '"'


def tidy(words: str) -> str:
    """Return words with single spaces, and none before a full stop or comma."""
    return re.sub(r" ([.,;:!?)])", r"\1", " ".join(words.split()))


def text(element: Element) -> str:
    """Return all words inside an element. What two elements say never runs into one word."""
    return tidy(" ".join(element.itertext()))


def classes(element: Element) -> set[str]:
    """Return the classes of an element."""
    return set(element.get("class", "").split())


def has_class(element: Element, name: str) -> bool:
    """Return whether a class is among those of an element."""
    names = element.get("class")
    return names is not None and name in names and name in names.split()


def level(element: Element) -> int:
    """Return the level of a heading, 1 to 6; 0 for anything else."""
    return int(element.tag[1]) if element.tag in HEADINGS else 0


def walk(
    element: Element, skip: Callable[[Element], bool] | None = None
) -> Iterator[tuple[Element, str]]:
    """Yield each element in the order of the page with the heading it stands below.

    An element for which `skip` is true is left out with all that is inside it.
    """
    return iter(_everything(element)) if skip is None else _without(element, skip)


def _without(element: Element, skip: Callable[[Element], bool]) -> Iterator[tuple[Element, str]]:
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


@lru_cache(maxsize=4)  # most rules read a page from its first element to its last
def _everything(page: Element) -> list[tuple[Element, str]]:
    heading, found = "", []
    for one in page.iter():
        if one.tag in HEADINGS:
            heading = text(one)
        found.append((one, heading))
    return found
