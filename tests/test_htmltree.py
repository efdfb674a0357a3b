"""A page as a tree: what the standard library finds, what a browser would run, and in no time."""

import time
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import htmltree


class _Reference(HTMLParser):
    """The parser of the standard library, slow and plain."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, object]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_data(self, data):
        self.found.append(("", data))


def _element(tag: str, attributes: dict[str, str], parts: list[str]) -> str:
    said = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{tag}{said}>{''.join(parts)}</{tag}>"


_words = st.text(alphabet="ab é<>&\"' \n", max_size=6).map(escape)
_attributes = st.dictionaries(st.sampled_from(["id", "Class", "data-x", "hidden"]), _words)
_pieces = st.recursive(
    st.one_of(_words, st.sampled_from(["<br>", "<!-- een -->", "<path d='M0 0'/>", "&eacute;"])),
    lambda inner: st.builds(
        _element,
        st.sampled_from(["p", "DIV", "td", "svg", "pre"]),
        _attributes,
        st.lists(inner, max_size=3),
    ),
    max_leaves=12,
)


def _found(page) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for element in page:
        found += [(element.tag, element.attrib), ("", element.text or ""), *_found(element)]
        found.append(("", element.tail or ""))
    return found


def _joined(found) -> list[tuple[str, object]]:
    """Words in one piece, whoever cut them."""
    parts: list[tuple[str, object]] = []
    for tag, what in found:
        if not tag and parts and not parts[-1][0]:
            parts[-1] = ("", parts[-1][1] + what)
        elif tag or what:
            parts.append((tag, what))
    return parts


@given(_pieces)
def test_a_page_has_the_elements_and_words_that_the_standard_library_finds(html):
    reference = _Reference()
    reference.feed(html)
    reference.close()
    page = htmltree.parse(html)
    assert _joined([("", page.text or ""), *_found(page)]) == _joined(reference.found)
    # Written in one way, it is the same page, and writing it again changes nothing.
    written = htmltree.written(html)
    assert htmltree.written(written) == written
    again = htmltree.parse(written)
    assert [e.tag for e in again.iter()] == [e.tag for e in page.iter()]
    assert [e.attrib for e in again.iter()] == [e.attrib for e in page.iter()]


@pytest.mark.parametrize(
    "html",
    [
        "<!--><script>alert(1)</script>-->",
        '<a"b onclick=x><script src=//x>',
        "<p a='>'><script>1<2</script >",
        "<SCRIPT>if (a</b>c) </p></script><p>",
        "<style>p>a{}</style><img/src=x><script/>x",
        "<!x><?y></3><script>",
        "<script>'<td>'",
        "<script>'<td>'</script ",
    ],
)
def test_a_script_is_found_where_a_browser_runs_it(html):
    tags = [element.tag for element in htmltree.parse(html).iter()]
    assert "script" in tags and tags.count("script") == 1 and "td" not in tags


def test_a_page_of_odd_signs_is_read_without_delay():
    start = time.process_time()
    for page in (
        "<a " + "b=" * 50_000,
        "<" * 50_000,
        "<a b='" * 20_000,
        "<script>" + "</" * 50_000,
        "</" * 50_000,
        "<!-- >" * 50_000,
    ):
        htmltree.parse(page)
    assert time.process_time() - start < 5


def test_a_page_is_written_as_beautiful_soup_would():
    html = "<TD b=1 a='x\"y'>1 &amp; &euro;&nbsp;2 <br> \n <path d='M0'/>&lt;</td> \n\n <p>een"
    assert htmltree.written(html) == (
        '<td a=\'x"y\' b="1">1 &amp; €\xa02 <br/>\n<path d="M0"></path>&lt;</td>\n<p>een</p>'
    )
