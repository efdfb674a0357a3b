"""The gate: a good page passes, and a page that breaks one rule is stopped for that rule."""

import pandas as pd
import pytest

from wijkboek_utils import charts, dutch, gate, show

SVG = '<svg role="img" aria-labelledby="a b"><title id="a">t</title><desc id="b">d</desc></svg>'


def page(
    body: str = "",
    lang: str = ' lang="nl"',
    title: str = "<h1>Wijk</h1>",
    head: str = "",
    credit: str = "Bron: CBS, Iv3",
) -> str:
    """Return a small page that may be published, unless an argument breaks a rule."""
    return (
        f'<!doctype html><html{lang}><head><meta charset="utf-8"><title>Wijk</title>{head}</head>'
        f"<body>{title}{body}<footer><p>{credit}</p></footer></body></html>"
    )


GOOD = {
    "leeg": "",
    "koppen": "<h2>a</h2><h3>b</h3><h4>c</h4><h2>d</h2>",
    "links": '<a href="#x">x</a><a href="audit/x.csv">csv</a><a href="audit/04.html#y">y</a>',
    "afbeelding": '<img src="data:image/png;base64,AAAA" alt="Kaart van de wijk">',
    "tekening": SVG,
    "versiering": '<svg aria-hidden="true"><path d="M0,0"/></svg>',
    "tabel": "<table><caption>t</caption><tr><td>1</td></tr></table>",
    "code": "<pre>x = None</pre><p><code>nan</code></p><style>/* inf */</style>",
    "woorden": "<p>De naam Nancy, info, infrastructuur, tarief.inf en None2 zijn geen fout.</p>",
}
BAD = {
    "een script": ("<script>alert(1)</script>", "script"),
    "een script van buiten": ('<script src="data:,1"></script>', "script"),
    "een kop te diep": ("<h2>a</h2><h4>b</h4>", "niveau"),
    "meteen een derde kop": ("<h3>a</h3>", "niveau"),
    "een tweede hoofdtitel": ("<h1>nog een</h1>", "hoofdtitel"),
    "afbeelding zonder alt": ('<img src="data:,x">', "alternatieve tekst"),
    "afbeelding met lege alt": ('<img src="data:,x" alt="">', "alternatieve tekst"),
    "tekening zonder naam": ('<svg role="img"><path/></svg>', "titel en uitleg"),
    "tabel zonder bijschrift": ("<table><tr><td>1</td></tr></table>", "bijschrift"),
    "tweede tabel zonder bijschrift": (
        f"{GOOD['tabel']}<table><tr><td>1</td></tr></table>",
        "bijschrift",
    ),
}
OUTSIDE = [
    '<a href="https://example.org">x</a>',
    '<a href="//example.org">x</a>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="andere.html">x</a>',
    '<A HREF="HTTP://example.org">x</A>',
    '<img src="https://example.org/p.png" alt="pixel">',
    '<img src="data:,x" srcset="https://example.org/p.png 2x" alt="pixel">',
    '<link rel="stylesheet" href="https://example.org/a.css">',
    '<svg aria-hidden="true"><use xlink:href="https://example.org/a.svg#b"/></svg>',
    '<form action="https://example.org"></form>',
    '<object data="https://example.org"></object>',
    '<video poster="https://example.org/p.png"></video>',
    '<p style="background:url(https://example.org/p.png)">x</p>',
    "<style>p{background:url('https://example.org/p.png')}</style>",
    '<style>@import "https://example.org/a.css";</style>',
    '<svg aria-hidden="true"><path fill="url(https://example.org/a.svg#b)"/></svg>',
]


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_good_page_passes(body):
    assert gate.faults(page(body)) == []


@pytest.mark.parametrize(("body", "rule"), BAD.values(), ids=BAD)
def test_a_page_that_breaks_one_rule_is_stopped_for_that_rule_only(body, rule):
    (fault,) = gate.faults(page(body))
    assert rule in fault


@pytest.mark.parametrize("body", OUTSIDE)
def test_nothing_on_the_page_leads_to_another_address(body):
    (fault,) = gate.faults(page(body))
    assert "ander adres" in fault


@pytest.mark.parametrize(
    "body",
    [
        '<meta http-equiv="refresh" content="0;url=https://example.org">',
        '<p onclick="ga()">x</p>',
        '<p aria-label="nan">x</p>',
        "<svg></svg>",
        '<img src="data:,x" srcset="data:,y 1x,https://example.org/p.png 2x" alt="kaart">',
    ],
)
def test_what_a_reader_does_not_see_is_looked_at_too(body):
    assert len(gate.faults(page(body))) == 1


def test_a_heading_before_the_title_is_out_of_order():
    html = page().replace("<h1>", "<h3>Kop</h3><h1>", 1)
    assert any("slaat een niveau over" in fault for fault in gate.faults(html))


@pytest.mark.parametrize("style", ["p{background:URL(https://example.org)}", '@IMPORT "//a.org"'])
def test_capitals_do_not_hide_an_address(style):
    assert gate.faults(page(head=f"<style>{style}</style>"))


@pytest.mark.parametrize("between", [", ", ","])
def test_a_second_address_in_a_list_is_not_hidden_by_the_first(between):
    images = between.join(["data:image/png;base64,AAAA 1x", "https://example.org/p.png 2x"])
    assert gate.faults(page(f'<img alt="kaart" srcset="{images}">'))


@pytest.mark.parametrize("address", ["url('#a')", 'url("#a")', "url( #a )", "url(#a)"])
def test_a_style_may_point_into_the_page_itself(address):
    assert gate.faults(page(head=f"<style>p{{fill:{address}}}</style>")) == []


@pytest.mark.parametrize("figure", ["nan", "NaN", "NaT", "None", "&lt;NA&gt;", "inf"])
@pytest.mark.parametrize("sentence", ["{}", "€ {}", "({})", "over {}, dus"])
def test_a_missing_figure_that_was_printed_stops_the_page(figure, sentence):
    (fault,) = gate.faults(page(f"<p>{sentence.format(figure)}</p>"))
    assert fault.startswith("een onbekend cijfer staat er als")


def test_a_missing_figure_is_seen_at_the_end_of_a_sentence():
    assert gate.faults(page("<p>Het inkomen is ongeveer nan. Dat is veel.</p>"))


def test_a_missing_figure_in_a_drawing_is_seen_too():
    assert gate.faults(page(SVG.replace(">d<", ">bedrag: nan<")))


def test_code_may_name_none_also_after_a_line_break():
    assert gate.faults(page("<pre>x = 1<br/>y = None</pre>")) == []


@pytest.mark.parametrize("lang", ["", ' lang=""', ' lang="en"'])
def test_a_page_says_that_it_is_dutch(lang):
    assert gate.faults(page(lang=lang)) == ["de taal van de pagina is niet ingesteld op Nederlands"]


def test_a_page_has_a_main_title_and_credits_its_source():
    (untitled,) = gate.faults(page(title=""))
    assert "hoofdtitel" in untitled
    for credit in ("", "Bron: onbekend", "CBS"):
        assert gate.faults(page(credit=credit)) == ["de bronvermelding van CBS ontbreekt"]


def test_the_text_that_nbconvert_gives_an_image_without_one_is_no_description():
    alt = "No description has been provided for this image"  # as nbconvert writes it, in alt
    assert gate.faults(page(f'<img src="data:,x" alt="{alt}">'))


def test_every_fault_is_named_once():
    faults = gate.faults("<table></table><table></table><img><img><script></script>")
    assert len(faults) == len(set(faults)) == 6


def test_what_our_own_blocks_make_passes():
    frame = pd.DataFrame({"naam": ["<script>alert(1)</script>"], "bedrag": [None]})
    twin = show.table(frame, "bijschrift", {"bedrag": dutch.euro})
    svg = charts.bars([charts.Bar("zorg", "€ 1", 1.0, 0.5, 1.5)], "Uitgaven", "Naar zorg.")
    assert gate.faults(page(show.figure("Uitgaven", "Naar zorg.", svg, twin).html)) == []
