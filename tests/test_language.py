"""The language check: plain Dutch passes, and each thing that makes a text hard is named."""

import csv
import time

import pytest

from wijkboek_utils import htmltree, language

FILLER = "de gemeente geeft in deze wijk geld uit aan groen zorg en werk en "


def words(count: int) -> str:
    """Return a sentence of so many plain words."""
    return " ".join((FILLER * 5).split()[:count]).capitalize() + "."


def rules(html: str, severity: str = "fout") -> list[str]:
    return [f.rule for f in language.findings(html) if f.severity == severity]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Een zin. En nog een.", 2),
        ("Het kost € 1.234,56 per jaar. Dat is veel!", 2),
        ("Denk aan groen, bijv. Bomen en gras. Punt.", 2),
        ("Zie art. 3 van de wet, d.w.z. De regel.", 1),
        ("Bomen, struiken enz. Dat is groen.", 2),
        ("In L. Napoleonplantsoen wonen mensen. Ook elders.", 2),
        ("De graad is C. De marge is groot.", 2),
        ("3. Groen en bomen", 1),
        ("Er zijn er 3. Dat is weinig.", 2),
        ("Vragen? «Ja.» Wij antwoorden.", 3),
        ("De kosten (€ 3 miljoen). € 5 miljoen is begroot.", 2),
        ("Zorg; werk; en groen.", 3),
        ("Ouderen (7 procent; elders minstens 12) wonen hier.", 1),
        ("Het is 1,5 keer zo veel... Echt waar.", 2),
        ("Alle cijfers van cbs.nl staan er.", 1),
        ("", 0),
        ("Zonder punt", 1),
    ],
)
def test_a_sentence_ends_where_a_reader_says_it_ends(text, expected):
    assert len(language.sentences(text)) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("De gemeente geeft geld uit.", 5),
        ("Het is ongeveer € 1,2 miljoen per jaar.", 6),
        ("Het is ongeveer €\N{NO-BREAK SPACE}430.000 of 12\N{NO-BREAK SPACE}procent.", 6),
        ("Het gebied heeft 240 hectare land.", 5),
        ("Per woning 75 vierkante meter groen.", 4),
        ("Wmo-cliënten en auto's tellen mee.", 5),
        ("Het gaat om Oog in Al, Lombok-Oost, Halve Maan-Noord en Zuilen.", 6),
        ("Het meeste schuift «Sparen en aflossen en nog meer».", 4),
        ("−4 procent", 1),
    ],
)
def test_a_number_a_quoted_name_and_a_list_of_names_are_one_word(sentence, expected):
    assert language.length(sentence) == expected


@pytest.mark.parametrize(
    ("count", "fout", "advies"),
    [(20, [], []), (21, [], ["lange zin"]), (28, [], ["lange zin"]), (29, ["zin te lang"], [])],
)
def test_above_20_words_is_advice_and_above_28_a_fault(count, fout, advies):
    html = f"<p>{words(count)}</p>"
    assert rules(html) == fout
    assert rules(html, "advies") == advies


@pytest.mark.parametrize("tag", ["li", "dd", "figcaption", "desc"])
def test_every_place_with_sentences_is_read(tag):
    html = f"<svg><{tag}>x</{tag}></svg>" if tag == "desc" else f"<{tag}>x</{tag}>"
    assert rules(html.replace("x", words(29))) == ["zin te lang"]


@pytest.mark.parametrize(
    "html",
    [
        "<style>{}</style>",
        "<pre>{}</pre>",
        "<p>Zie <code>{}</code>.</p>",
        "<nav><p>{}</p></nav>",
        "<footer><p>{}</p></footer>",
        '<table><tr><th scope="row">{}</th><td class="num">{}</td></tr></table>',
        "<svg><g><path><title>{}</title></path><text>{}</text></g></svg>",
        "<p>Bron: {}</p>",
        "<p>{} www.example.org</p>",
        '<div class="wb-concept"><ul><li>{}</li></ul></div>',
    ],
)
def test_code_figures_names_of_rows_and_credits_are_not_read(html):
    bad = words(29)[:-1] + " desalniettemin XYZ."
    assert language.findings(html.replace("{}", bad)) == []


def test_a_label_before_a_list_item_and_a_heading_do_not_count_as_a_sentence():
    assert rules(f"<li><strong>Bewoner en wie er verder woont:</strong> {words(28)}</li>") == []
    assert rules(f"<li>Per 1.000 inwoners: handel: {words(28)}</li>") == []
    assert rules(f"<h2>{words(29)}</h2>") == []
    assert rules(f"<figcaption><strong>Een titel</strong> {words(28)}</figcaption>") == []


def test_a_finding_names_the_heading_and_the_whole_sentence():
    (found,) = language.findings("<h2>Groen</h2><p>Goed. Wij doen dit derhalve <b>zo</b>.</p>")
    assert found.where == "Groen: Wij doen dit derhalve zo."
    assert found.words == "«derhalve» is moeilijk; kies: dus, daarom"
    assert found.severity == "fout"


@pytest.mark.parametrize(
    "sentence",
    [
        "Derhalve doen wij dit.",
        "Wij gaan realiseren en bouwen.",
        "Het plan is gerealiseerd.",
        "Dit geldt ten aanzien van groen.",
        "Er zijn discrepanties.",
        "Geld o.a. voor groen.",
    ],
)
def test_a_difficult_word_is_seen_in_each_of_its_forms(sentence):
    assert rules(f"<p>{sentence}</p>") == ["moeilijk woord"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Wij vragen Conform aan de Reedsstraat.",  # a name
        "De conformiteit van het-derhalve-plan.",  # a compound that is not listed
        "Code realiseren2 blijft.",
        "Ten slotte is het aanzien van de wijk goed.",
        "Acht mensen wonen daar nu tevreden.",
    ],
)
def test_a_name_a_code_or_an_unlisted_compound_is_no_difficult_word(sentence):
    assert rules(f"<p>{sentence}</p>") == []


def test_the_same_sentence_twice_is_one_finding():
    assert len(language.findings("<p>Derhalve niet.</p><p>Derhalve niet.</p>")) == 1


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>De ABZ betaalt.</p>", ["afkorting zonder uitleg"]),
        ("<p>De Autoriteit Betaalbare Zorg (ABZ) betaalt. De ABZ weet dat.</p>", []),
        ("<p>De ABZ (een dienst voor zorg) betaalt.</p>", []),
        ("<p>De ABZ betaalt.</p><p>De Autoriteit Betaalbare Zorg (ABZ).</p>", ["afkorting z"]),
        ("<p>Code GM0344, B2B en A tot E.</p>", []),
        ("<p>De OZB stijgt.</p>", ["woord zonder uitleg"]),
        ("<p>De OZB-aanslag stijgt.</p>", []),  # a compound that is not listed, of a known word
        ("<p>Een kengetal is een landelijk bedrag.</p>", []),
    ],
)
def test_a_short_form_or_word_of_our_trade_is_explained_at_its_first_use(html, expected):
    found = rules(html)
    assert len(found) == len(expected)
    assert all(a.startswith(b) for a, b in zip(found, expected, strict=True))


def test_a_word_list_on_the_page_explains_its_words():
    html = "<p>De baten en lasten.</p>"
    assert rules(html) == ["woord zonder uitleg"] * 2
    rows = "".join(f"<dt>{w}</dt><dd>{x}</dd>" for w, x in language.glossary(html))
    with_list = f'{html}<section id="woordenlijst"><h2>Woordenlijst</h2><dl>{rows}</dl></section>'
    assert rules(with_list) == []
    assert rules(with_list.replace("<dt>baten</dt>", "<dt>x</dt>")) == ["woord zonder uitleg"]


def test_a_page_beside_the_report_need_not_explain_and_must_be_plain():
    found = language.findings("<p>Derhalve stijgt de OZB.</p>", explains=False)
    assert [one.rule for one in found] == ["moeilijk woord"]


def test_the_word_list_explains_the_words_of_its_explanations():
    found = dict(language.glossary("<p>Het accres steeg.</p>"))
    assert set(found) == {"accres", "gemeentefonds"}  # accres is explained by gemeentefonds


def test_the_word_list_is_sorted_and_empty_for_a_page_without_such_words():
    found = [word for word, _ in language.glossary("<p>De WOZ, het saldo en de baten.</p>")]
    assert found == ["baten", "saldo", "WOZ"]
    assert language.glossary("<p>De kat zit op de mat.</p>") == []


def test_measures_count_and_give_no_level():
    found = language.measures(
        "<p>Een kat zit. De buurt is vandaag groter.</p><h2>Kop van vijf</h2>"
    )
    assert found == {
        "zinnen": 2,
        "woorden": 8,
        "woorden_per_zin": 4.0,
        "langste_zin": 5,
        "lange_woorden": 0.125,
    }
    assert language.measures("")["woorden_per_zin"] == 0.0


def test_the_table_of_words_is_whole_and_names_its_sources():
    with language._TABLE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len([r for r in rows if r["ernst"] != "uitleg"]) >= 250
    forms = [form for r in rows for form in r["woord"].split("|")]
    assert len(forms) == len(set(forms))
    for row in rows:
        assert row["ernst"] in {"fout", "advies", "uitleg"} and row["bron"] and row["uitleg"], row
        assert bool(row["alternatief"]) == (row["ernst"] != "uitleg"), row


def test_our_advice_follows_itself():
    """What we advise or explain is not on the list of faults."""
    grave = {f for e in language.entries() if e.severity == "fout" for f in e.forms}
    for entry in language.entries():
        assert not grave & {w.strip() for w in entry.alternative.split(",")}, entry
        assert not {"moeilijk woord", "zin te lang"} & set(rules(f"<p>{entry.explanation}</p>"))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert('derhalve')</script>",
        "\u202eabc",
        "😀 " * 50,
        "x" * 10_000,
        "“‘«»’”" * 9,
        "&",
    ],
)
def test_strange_text_is_read_without_harm(text):
    assert rules(f"<p>{text}</p>") == []


def test_a_large_page_is_read_in_half_a_second():
    html = f"<p>{words(18)} Dat is 12 procent, ofwel € 3 miljoen (CBS).</p>" * 4_000
    assert len(html) > 500_000
    htmltree.parse.cache_clear()
    start = time.process_time()
    language.findings(html)
    assert time.process_time() - start < 1.5  # measured: 0.2; slow machines take longer
