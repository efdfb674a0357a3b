"""HTML of tables and figures: accessible by its marks, and every text in it only a text."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import dutch, show

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</td></table></figure><h1>",
    "]]><!-- &lt; &amp; &#60;script&#62;",
    "javascript:alert(1) ' \" ` {{ 7*7 }}",
    "\N{RIGHT-TO-LEFT MARK}\N{RIGHT-TO-LEFT OVERRIDE}gnitteb",
    "x" * 10_000,
    "\N{HOUSE WITH GARDEN} Molenwijk \N{SPARKLING HEART}",
]
# What a browser may change on its own (line ends, NUL) is left out.
any_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).map(dutch.plain)


class Reader(HTMLParser):
    """Read HTML as a browser does: the tags it sees, their attributes, and the words."""

    def __init__(self, html: str) -> None:
        """Read all of `html`."""
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a tag and its attributes."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        """Remember a text."""
        self.words.append(data)


def everything(text: str) -> list[show.Html]:
    """Return each kind of block with `text` in every place that takes a text."""
    twin = show.table(pd.DataFrame({text: [text], "b": [text]}), text, {"b": str}, note=text)
    return [
        twin,
        show.fold(text, twin),
        show.figure(text, text, "<svg></svg>", twin, show.text(text), "wide"),
        show.text(text, text),
        show.bullets([text]),
        show.bullets([text]).with_class("wb-sources"),
        show.key_figures([(text, text, text, show.text(text))]),
    ]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda t: t[:12])
def test_a_hostile_text_is_shown_and_does_nothing(hostile):
    for block, harmless in zip(everything(hostile), everything("x"), strict=True):
        page, model = Reader(block.html), Reader(harmless.html)
        assert page.tags == model.tags
        assert [name for name, _ in page.attributes] == [name for name, _ in model.attributes]
        assert page.words.count(dutch.plain(hostile)) == model.words.count("x") > 0


@given(any_text.filter(str.strip), any_text.filter(str.strip))
def test_a_table_says_exactly_the_texts_it_was_given(cell, caption):
    html = show.table(pd.DataFrame({"kop": [cell]}), caption).html
    page = Reader(html)
    assert page.words == [caption, "kop", cell]
    assert page.tags == ["div", "table", "caption", "thead", "tr", "th", "tbody", "tr", "th"]
    assert ("aria-label", caption) in page.attributes
    assert ("role", "group") in page.attributes


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
@pytest.mark.parametrize("formats", [{}, {"b": dutch.euro}, {"b": dutch.about}, {"b": str}])
def test_a_missing_value_is_a_word_in_a_text_and_in_a_figure(missing, formats):
    frame = pd.DataFrame({"a": ["x"], "b": [missing]})
    assert Reader(show.table(frame, "t", formats).html).words[-1] == "onbekend"


def test_a_zero_is_a_zero():
    assert Reader(show.table(pd.DataFrame({"a": [0]}), "t").html).words[-1] == "0"


def test_a_whole_number_stays_whole_beside_a_fraction():
    frame = pd.DataFrame({"jaar": [2023], "bedrag": [1.5]})
    assert Reader(show.table(frame, "t", {"bedrag": dutch.euro}).html).words[-2] == "2023"


def test_a_table_has_a_header_for_each_column_and_row_and_sets_its_totals_apart():
    frame = pd.DataFrame({"naam": ["a", "b"], "bedrag": [1.0, 2.0]})
    html = show.table(frame, "t", {"bedrag": dutch.number}, note="let op", totals=("b",)).html
    assert html.count('<th scope="col"') == html.count('<th scope="row"') == html.count("<td") == 2
    assert html.count('class="num"') == 3
    assert '<tr class="total"><th scope="row">b</th>' in html
    assert html.count('class="total"') == 1
    both = show.table(frame, "t", totals=("b", "a")).html
    assert both.count('<tr class="total"><th scope="row">') == 2
    # Only the first cell names a row.
    assert 'class="total"' not in show.table(frame[["bedrag", "naam"]], "t", totals=("b",)).html
    assert html.endswith('<p class="note">let op</p>')
    assert 'class="total"' not in show.table(frame, "t").html
    assert "note" not in show.table(frame, "t").html


def test_a_table_without_rows_keeps_its_caption_and_headers():
    page = Reader(show.table(pd.DataFrame({"a": [], "b": []}), "leeg", totals=("a",)).html)
    assert page.words == ["leeg", "a", "b"]


def test_a_figure_has_its_title_sentence_drawing_legend_and_folded_table():
    twin = show.table(pd.DataFrame({"a": ["cel"]}), "bijschrift")
    page = Reader(show.figure("Titel", "Zin.", "<svg></svg>", twin, show.text("uitleg")).html)
    fold = "Toon de cijfers: Titel"
    words = ["Titel", "Zin.", "uitleg", fold, "bijschrift", "a", "cel"]
    assert [w.strip() for w in page.words] == words
    assert page.tags.index("svg") < page.tags.index("p") < page.tags.index("details")
    assert ("aria-label", "Afbeelding: Titel") in page.attributes
    # What scrolls is a group with a name: a page with a landmark for each picture has no plan.
    assert [v for n, v in page.attributes if n == "role"] == ["group", "group"]


def test_a_piece_in_a_box_is_the_same_piece():
    piece = show.text("een & twee")
    assert piece.with_class("doos").html == f'<div class="doos">{piece.html}</div>'
    assert (piece.with_class("doos") + piece).html.count("een &amp; twee") == 2
    assert piece.html == "<p>een &amp; twee</p>"


def test_pieces_are_added_in_order_and_shown_as_they_are():
    both = show.text("een", "", "twee") + show.bullets(["drie"])
    assert both._repr_mimebundle_()["text/html"] == "<p>een</p><p>twee</p><ul><li>drie</li></ul>"


@given(any_text)
def test_a_slug_is_always_a_valid_id(text):
    slug = show.slug(text)
    assert slug.strip("-") == slug != ""
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert show.slug(slug) == slug


def test_a_slug_reads_like_its_text():
    assert show.slug("Café 't Sluisje, 2023!") == "cafe-t-sluisje-2023"
    assert show.slug("\N{HOUSE WITH GARDEN}") == "deel"
