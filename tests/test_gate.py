"""The gate: a good page passes, and a page that breaks one rule is stopped for that rule."""

import base64
import hashlib
import time

import pandas as pd
import pytest

from wijkboek_utils import charts, dutch, gate, htmltree, show

CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
TABLE = (
    '<table><caption>t</caption><thead><tr><th scope="col">a</th></tr></thead>'
    "<tbody><tr><td>1</td></tr></tbody></table>"
)
SVG = (
    '<svg role="img" aria-labelledby="a b"><title id="a">Uitgaven per inwoner</title>'
    '<desc id="b">De balken lopen op.</desc><path d="M0,0"/></svg>'
)
IMAGE = '<img src="data:image/png;base64,AAAA" alt="Kaart van de wijk">'


def page(
    body: str = "",
    lang: str = ' lang="nl"',
    title: str = "<h1>Wijk</h1>",
    head: str = "",
    credit: str = "Bron: CBS, Iv3",
    csp: str = CSP,
) -> str:
    """Return a small page that may be published, unless an argument breaks a rule."""
    return (
        f'<!doctype html><html{lang}><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{csp}"><title>Wijk</title>{head}'
        f"</head><body>{title}{body}<footer><p>{credit}</p></footer></body></html>"
    )


def figure(picture: str, table: str = TABLE) -> str:
    return f"<figure><figcaption>Uitgaven</figcaption>{picture}{table}</figure>"


GOOD = {
    "leeg": "",
    "koppen": "<h2>a</h2><h3>b</h3><h4>c</h4><h2>d</h2>",
    "links": '<a id="x" href="#x">x</a><a href="audit/x.csv">csv</a><a href="kaart.html#y">y</a>',
    "afbeelding": figure(IMAGE),
    "tekening": figure(SVG),
    "versiering": '<svg aria-hidden="true"><path d="M0,0"/></svg>',
    "tekening met links": '<svg role="group" aria-label="Kaart"><path/></svg>' + TABLE,
    "tabel": TABLE,
    "code": "<pre>x = None</pre><p><code>nan</code></p><style>/* inf */</style>",
    "woorden": "<p>De naam Nancy, info, infrastructuur, tarief.inf en None2 zijn geen fout.</p>",
    "bedragen": "<p>Ongeveer € 34.900, € 1,05 miljoen, € 107 miljoen en € 999 per jaar.</p>",
    "gemeten in een tabel": TABLE.replace(">1<", ">€ 1.234.567<"),
    "precies in een passport": '<details class="wb-pas"><p>€ 1.234.567</p></details>',
}
BAD = {
    "een script": ("<script>alert(1)</script>", "script"),
    "een script van binnen": ('<script src="data:,1"></script>', "script"),
    "een kop te diep": ("<h2>a</h2><h4>b</h4>", "niveau"),
    "meteen een derde kop": ("<h3>a</h3>", "niveau"),
    "een lege kop": ("<h2> </h2>", "kop is leeg"),
    "een tweede hoofdtitel": ("<h1>nog een</h1>", "hoofdtitel"),
    "afbeelding zonder alt": (figure('<img src="data:,x">'), "alternatieve tekst"),
    "afbeelding met lege alt": (figure('<img src="data:,x" alt=" ">'), "alternatieve tekst"),
    "afbeelding met een bestandsnaam": (figure('<img alt="fig_1.png">'), "zegt niets"),
    "afbeelding die een grafiek heet": (figure('<img alt="Grafiek 3">'), "zegt niets"),
    "afbeelding zonder tabel": (f"<figure>{IMAGE}</figure>", "geen tabel"),
    "tekening zonder figuur": (SVG + TABLE, "geen tabel"),
    "tekening bij een lege tabel": (figure(SVG, TABLE.replace("td", "p")), "geen tabel"),
    "tekening zonder naam": (
        figure(SVG.replace("aria-labelledby", "data-x")),
        "titel en uitleg",
    ),
    "tekening zonder uitleg": (figure(SVG.replace("De balken lopen op.", "")), "titel en uitleg"),
    "tekening met een loze titel": (
        figure(SVG.replace("Uitgaven per inwoner", "Afbeelding 2")),
        "zegt niets",
    ),
    "tekening met links zonder naam": ('<svg role="group"><path/></svg>' + TABLE, "geen naam"),
    "tekening met links zonder tabel": ('<svg role="group" aria-label="Kaart"/>', "geen tabel"),
    "tekening zonder streep": (figure(SVG.replace("path", "g")), "tekening is leeg"),
    "tabel zonder bijschrift": (TABLE.replace("caption", "p"), "bijschrift"),
    "tabel met een leeg bijschrift": (TABLE.replace(">t<", "><"), "bijschrift"),
    "tabel zonder koppen": (TABLE.replace("th>", "td>").replace("<th ", "<td "), "kopcellen"),
    "kopcel zonder richting": (TABLE.replace(' scope="col"', ""), "kopcel"),
    "tweede tabel zonder bijschrift": (TABLE + TABLE.replace("caption", "p"), "bijschrift"),
    "twee keer een naam": ('<p id="a">x</p><p id="a">y</p>', "vaker"),
    "een link naar niets": ('<a href="#nergens">x</a>', "nergens heen"),
    "een tekening die een ander noemt": (
        figure(SVG.replace('"a b"', '"a c"')),
        "nergens heen",
    ),
    "te precies": ("<p>De gemeente gaf € 1.234.567 uit.</p>", "preciezer"),
    "te precies in miljoenen": ("<li>Dat is € 12,34 miljoen.</li>", "preciezer"),
    "te precies bij een tekening": (
        figure(SVG.replace("De balken lopen op.", "Samen € 27.446 per jaar.")),
        "preciezer",
    ),
}
OUTSIDE = [
    '<a href="https://example.org">x</a>',
    '<a href="https://example.org" rel="noreferrer">x</a>',
    '<a href="//example.org">x</a>',
    '<a href="/etc/passwd">x</a>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" java&#10;script:alert(1)">x</a>',
    '<a href="mailto:a@example.org">x</a>',
    '<A HREF="HTTP://example.org">x</A>',
    figure('<img src="https://example.org/p.png" alt="pixel">'),
    figure('<img src="naast.png" alt="een kaart van de wijk">'),
    '<link rel="stylesheet" href="https://example.org/a.css">',
    '<link rel="stylesheet" href="a.css">',
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
        figure('<img src="data:,x" srcset="data:,y 1x,https://example.org/p.png 2x" alt="wijk">'),
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
    (fault,) = gate.faults(page(figure(SVG.replace("De balken", "bedrag: nan"))))
    assert "nan" in fault


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
    (fault,) = gate.faults(page(figure(f'<img src="data:,x" alt="{alt}">')))
    assert "zegt niets" in fault


def test_every_fault_is_named_once():
    faults = gate.faults("<table></table><table></table><img><img><script></script>")
    assert len(faults) == len(set(faults))
    assert sum("bijschrift" in fault for fault in faults) == 1


def test_a_finding_says_under_which_heading_to_look():
    body = "<h2>Groen</h2><p>goed</p><h2>Geld</h2><p>€ 1.234.567</p>"
    (found,) = gate.findings(page(body))
    assert (found.rule, found.where, found.severity) == ("te precies", "Geld", "fout")


def test_what_our_own_blocks_make_passes():
    frame = pd.DataFrame({"naam": ["<script>alert(1)</script>"], "bedrag": [None]})
    twin = show.table(frame, "bijschrift", {"bedrag": dutch.euro})
    svg = charts.bars([charts.Bar("zorg", "€ 1", 1.0, 0.5, 1.5)], "Uitgaven", "Naar zorg.")
    assert gate.faults(page(show.figure("Uitgaven", "Naar zorg.", svg, twin).html)) == []


@pytest.mark.parametrize(
    ("csp", "rule"),
    [
        ("", "default-src"),
        (CSP.replace("default-src 'none'", "default-src 'self'"), "default-src"),
        (CSP.replace("base-uri 'none'", ""), "base-uri"),
        (CSP + "; connect-src https://example.org", "connect-src"),
        (CSP + "; script-src 'unsafe-inline'", "script-src"),
        (CSP + "; font-src *", "font-src"),
    ],
)
def test_a_policy_that_lets_something_in_stops_the_page(csp, rule):
    assert any(rule in fault for fault in gate.faults(page(csp=csp)))


CODE = "document.title = 'kaart < 3 && nan';\n"
HASH = base64.b64encode(hashlib.sha256(CODE.encode()).digest()).decode()


def test_a_page_with_scripts_holds_only_scripts_that_its_policy_names():
    hashed = f"{CSP}; script-src 'sha256-{HASH}'"
    data = '<script type="application/json">{"a": 1}</script>'
    good = page(f"<script>{CODE}</script>{data}", csp=hashed)
    assert gate.faults(good, scripts=True) == []
    assert gate.faults(good) == ["de pagina bevat een script"]
    changed = page(f"<script>{CODE} </script>", csp=hashed)
    assert "beveiligingsbeleid" in gate.faults(changed, scripts=True)[0]
    assert gate.faults(page('<script src="a.js"></script>'), scripts=True)
    assert gate.faults(page('<p onload="ga()">x</p>'), scripts=True)


def test_only_a_page_with_scripts_may_ask_for_the_base_map_and_for_nothing_else():
    mapped = page(csp=CSP.replace("data:", "data: https://service.pdok.nl"))
    assert gate.faults(mapped, scripts=True) == []
    assert "pdok" in gate.faults(mapped)[0]
    other = page(csp=CSP.replace("data:", "data: https://service.pdok.nl.example.org"))
    assert gate.faults(other, scripts=True)


def test_the_banner_of_a_concept_is_no_fault_of_its_own():
    banner = '<div class="wb-concept"><ul><li>«nan» en € 1.234.567</li></ul></div>'
    assert gate.faults(page(banner)) == []


def test_only_a_page_with_scripts_may_credit_by_a_link_and_then_without_telling_who_came():
    link = '<a href="https://example.org" rel="noreferrer">kaart</a>'
    assert gate.faults(page(link), scripts=True) == []
    assert gate.faults(page(link.replace(' rel="noreferrer"', "")), scripts=True)


BRONNEN = pd.DataFrame(
    {
        "vermelding": ["Bron: CBS", "© Kadaster / CBS, 2024", None],
        "licentie": ["CC BY 4.0", "CC BY 4.0", "CC0 1.0"],
        "titel": ["Kerncijfers", "Buurtgrenzen", "Eigen telling"],
    }
)


def test_every_source_is_credited_with_title_and_licence():
    credit = "Bron: CBS (CC BY 4.0): Kerncijfers. © Kadaster / CBS, 2024 (CC BY 4.0): Buurtgrenzen."
    assert gate.faults(page(credit=credit), BRONNEN) == []
    for gone in ("© Kadaster / CBS, 2024", "(CC BY 4.0)", "Buurtgrenzen", "Kerncijfers"):
        assert gate.faults(page(credit=credit.replace(gone, "")), BRONNEN), gone
    above = page(f"<p>{credit}</p>", credit="")
    assert len(gate.faults(above, BRONNEN)) == 2  # a credit belongs at the foot


PASSPORT = '<details class="wb-pas"><summary>p</summary></details>'
COUNTED = f'<div class="wb-table">{TABLE.replace("<td>", "<td class=num>")}</div>'


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        (f"<h2>a</h2>{COUNTED}{PASSPORT}", 0),
        (f"<h2>a</h2>{COUNTED}{COUNTED}<p>tekst</p>{PASSPORT}", 0),
        (f"<h2>a</h2>{COUNTED}<h2>b</h2>{PASSPORT}", 1),
        (f"<h2>a</h2>{PASSPORT}{COUNTED}", 1),
        (f'<h2>a</h2><details class="wb-pas">{COUNTED}</details>', 0),
        (f'<h2>a</h2><div class="wb-table">{TABLE}</div>', 0),  # words alone need no passport
    ],
)
def test_a_table_of_figures_has_its_passports_before_the_next_heading(body, missing):
    assert gate.faults(page(body)) == []
    assert len(gate.faults(page(body), passports=True)) == missing


def test_links_lead_to_files_and_places_in_the_folder(tmp_path):
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "met spatie.html").write_text('<p id="cel">x</p>')
    good = '<a href="audit/met%20spatie.html#cel">x</a><a href="#elders">y</a>'
    good += '<a href="../index.html">Alle wijkboeken</a>'
    assert gate.links(good, tmp_path) == []
    for href, words in {
        "audit/weg.csv": "niet is",
        "audit": "niet is",
        "../buiten.html": "uit de map",
        "/etc/hostname": "uit de map",
        "audit/met%20spatie.html#weg": "plek",
    }.items():
        (fault,) = gate.links(f'<a href="{href}">x</a>', tmp_path)
        assert words in fault


def rekening(**changes: float) -> pd.DataFrame:
    """Return two flows that close the account of households, but for what changes."""
    amounts = {"in": 100.0, "uit": 100.0} | changes
    return pd.DataFrame(
        {
            "van": ["buitenwereld", "huishoudens"],
            "naar": ["huishoudens", "buitenwereld"],
            "regel": ["Loon en winst van buiten de wijk", "Boodschappen"],
            "sluitend": [amounts["in"], amounts["uit"]],
        }
    )


def controle(oordeel: str = "klopt", gevonden: float = 5.0) -> pd.DataFrame:
    row = {"controle": "c", "verwacht": 5.0, "gevonden": gevonden, "oordeel": oordeel}
    return pd.DataFrame([row])


def test_books_that_hold_and_close_pass():
    assert gate.books(controle(), rekening()) == []
    for verdict in ("verschil door afronding", "verschil in de bron", "verschil door 3 buurten"):
        assert gate.books(controle(verdict, 9.0), rekening()) == []


@pytest.mark.parametrize(
    ("controles", "sluitend", "words"),
    [
        (controle("klopt niet", 9.0), rekening(), "controle klopt niet"),
        (controle("klopt", 9.0), rekening(), "controle klopt niet"),
        (controle("klopt", float("nan")), rekening(), "controle klopt niet"),
        (controle("dat weten we niet"), rekening(), "controle klopt niet"),
        (controle().head(0), rekening(), "niet gecontroleerd"),
        (controle(), rekening(uit=99.0), "huishoudens sluit niet"),
        (controle(), rekening(**{"in": float("nan"), "uit": float("nan")}), "is onbekend"),
        (controle(), rekening(**{"in": -5.0, "uit": -5.0}), "kleiner dan nul"),
        (controle(), rekening().head(0), "geen gesloten wijkrekening"),
    ],
)
def test_books_that_do_not_hold_or_close_stop_the_report(controles, sluitend, words):
    (fault,) = gate.books(controles, sluitend)
    assert words in fault


def test_a_large_page_is_judged_in_half_a_second():
    html = page(figure(SVG) * 300 + COUNTED * 2000 + "<p>Een zin met woorden.</p>" * 4000)
    assert len(html) > 500_000
    htmltree.parse.cache_clear()
    start = time.process_time()
    gate.faults(html)
    assert time.process_time() - start < 1.5  # measured: 0.3; slow machines take longer
