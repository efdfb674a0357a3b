"""The check of a finished report: every rule catches its own fault, and no claim is too big."""

import json
import re
import shutil
import subprocess
import sys
from datetime import date

import pytest

from tests.conftest import command
from wijkboek_utils import browser as browser_
from wijkboek_utils import check, folders, inspection, sources, statement
from wijkboek_utils.browser import View
from wijkboek_utils.errors import Fout
from wijkboek_utils.findings import Finding, faults
from wijkboek_utils.inspection import PageResult

AUDIT = "audit/01_bronnen.html"
TABLE = (
    "<details><summary>Toon de cijfers</summary><table><caption>Cijfers</caption>"
    "<tr><th scope=col>Wie<tr><td>Jan</table></details>"
)
STYLE = (
    "body{margin:1rem;background:#fff;color:#111}"
    "a:focus,summary:focus,[tabindex]:focus{outline:3px solid #06c}"
)


def drawing(*shapes: str, name: str = "Het geld van de wijk in staven") -> str:
    """Return a picture with its table; the shapes are drawn 200 wide and 100 high."""
    return (
        '<figure><svg role="img" viewBox="0 0 200 100" width="200" height="100" '
        f'aria-labelledby="t d"><title id="t">{name}</title><desc id="d">Rood is meer dan blauw.'
        f"</desc>{''.join(shapes)}</svg>{TABLE}</figure>"
    )


def rect(x: float, fill: str, width: float = 40, extra: str = "") -> str:
    """Return a bar."""
    return f'<rect x="{x}" y="30" width="{width}" height="40" fill="{fill}" {extra}/>'


def text(x: float, words: str, fill: str = "#111") -> str:
    """Return words under a bar."""
    return f'<text x="{x}" y="90" font-size="12" fill="{fill}">{words}</text>'


def html(body: str, style: str = "", head: str = "", lang: str = "nl") -> str:
    """Return a page that is good but for what is given."""
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>Een wijk</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">{head}'
        f"<style>{STYLE}{style}</style></head><body><a href='#inhoud'>Ga naar de inhoud</a>"
        f"<main id='inhoud' tabindex='-1'><h1>Een wijk</h1>{body}</main></body></html>"
    )


GOOD = html(
    "<h2>Geld</h2><p>Er gaat geld om, <a href='#geld'>kijk hier</a>.</p><p id='geld'>Hier.</p>"
    + drawing(rect(10, "#0b5d7a"), text(10, "erin"), rect(110, "#2f7d4f"), text(110, "eruit"))
    + "<div style='overflow-x:auto' tabindex='0' role='group' aria-label='Breed'><table><caption>"
    "Breed</caption><tr><th scope='col' style='min-width:60rem'>Naam<tr><td>Jan</table></div>"
)

# For each rule a page that breaks it: what can be seen, and what shows when it is used.
BAR = rect(10, "#0b5d7a")
ON_THE_BAR = '<text x="20" y="55" fill="#333">op de staaf</text>'
TWO_TONES = (rect(10, "#a4471f"), rect(60, "#0b6d4a"), text(40, "twee staven"))
LOOK = {
    "koppen": html("<h3>Te diep</h3>"),
    "alternatief": html(drawing(BAR, name="Afbeelding 1")),
    "tabel-bij-beeld": html(drawing(BAR).replace("<td>Jan", "").replace("table", "div")),
    "dubbele-id": html("<p id='x'>Een</p><p id='x'>Twee</p>"),
    "taal": html("<p>Tekst</p>", lang="en"),
    "beweging": html("<p>Kijk</p>", "@keyframes k{to{opacity:.9}} p{animation:k 9s infinite}"),
    "beeldcontrast": html(drawing(rect(10, "#dde6ea"), text(10, "erin"))),
    "tekstcontrast": html(drawing(rect(10, "#0b5d7a", 150), ON_THE_BAR)),
    "kleur-alleen": html(drawing(*TWO_TONES)),
    "smal-scherm": html("<p>Een alinea die niet omloopt op een smal scherm.</p>", "p{width:40rem}"),
    "tekst-200": html("<p>Een regel in een vak.</p>", "p{height:22px;overflow:hidden}"),
    "tekstafstand": html(
        "<p>Past er precies in</p>",
        "p{font-family:monospace;width:18.2ch;white-space:nowrap;overflow:hidden}",
    ),
    "weergavestand": html("<p>Staand</p>", "@media (orientation:landscape){p{display:none}}"),
    "console": html("<p>Tekst</p><script>console.error('stuk')</script>"),
    "netwerk": html("<p>Tekst</p><img alt='Een boom' src='http://127.0.0.1:9/boom'>"),
    "axe:image-alt": html("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>"),
    "axe:color-contrast": html("<p style='color:#999'>Grijs op wit</p>"),
}
FOLD = "<details><summary{}>Dicht</summary>Tekst</details>"
WALK = {
    "toetsenbord": html(FOLD.format(" tabindex='-1'")),
    "toetsenbordval": html(
        "<a href='#inhoud' onkeydown='if(event.key==\"Tab\")event.preventDefault()'>Vast</a>"
        "<a href='#inhoud'>Erna</a>"
    ),
    "uitklappen": html(FOLD.format(" onclick='event.preventDefault()'")),
    "volgorde": html("<a href='#a'>Eerst</a> <a href='#b' tabindex='2'>Dan</a>"),
    "focus": html("<a class='s' href='#a'>Nergens te zien</a>", ".s:focus{outline:none}"),
    "snel-naar-inhoud": html("<p>Tekst</p>").replace("#inhoud", "#weg"),
    "zonder-script": html("<p id='p'></p><script>p.textContent='Alleen met script'</script>"),
    "gewicht": html(f"<p>Tekst</p><!--{'x' * 2_600_000}-->"),
    "snelheid": html("<script>const t=Date.now();while(Date.now()-t<1200);</script><p>Traag</p>"),
}


@pytest.fixture
def inspected(browser, tmp_path):
    """Return what inspects a page given as text."""

    def look(page: str, thorough: bool = False, view: View = View(360)) -> PageResult:  # noqa: B008
        path = tmp_path / "index.html"
        path.write_text(page, encoding="utf-8")
        return inspection.inspect(browser, path, path.name, {}, ["script"], (view,), thorough)

    return look


def test_a_good_page_passes_every_rule(inspected):
    result = inspected(GOOD, thorough=True)
    assert [one for one in result.findings if one.severity != "advies"] == []
    own = {rule for row in sources.read_project_table("wcag")["eigen"] for rule in row.split(";")}
    assert own - {""} <= result.measured.keys()


@pytest.mark.parametrize("rule", LOOK)
def test_each_rule_of_the_look_of_a_page_catches_its_fault(inspected, rule):
    found = faults(inspected(LOOK[rule]).findings)
    assert {one.rule for one in found} >= {rule}
    assert {one.rule for one in found} <= {rule, *ALSO.get(rule, ())}
    assert all(one.words.endswith(".") and "index.html" in one.where for one in found)


# A fault that two rules see, each in its own way.
ALSO = {
    "alternatief": ("axe:svg-img-alt",),
    "axe:color-contrast": ("tekstcontrast",),
    "axe:image-alt": ("alternatief",),
    "netwerk": ("console",),
    "smal-scherm": ("tekst-200", "tekstafstand"),
    "tekst-200": ("tekstafstand",),
    "tekstcontrast": ("axe:color-contrast",),
    "weergavestand": ("tekst-200", "tekstafstand"),
}


@pytest.mark.parametrize("rule", WALK)
def test_each_rule_of_the_use_of_a_page_catches_its_fault(inspected, rule):
    found = {one.rule for one in faults(inspected(WALK[rule], thorough=True).findings)}
    assert rule in found
    assert found <= {rule, "toetsenbord", "axe:skip-link"}


def test_a_map_whose_classes_are_one_grey_is_told_apart_by_a_pattern(inspected):
    legend = '<ul class="wb-legend"><li><span class="wb-swatch" style="{}"></span>{}</li>'
    legend += '<li><span class="wb-swatch" style="{}"></span>{}</li></ul>'
    box = ".wb-swatch{display:inline-block;width:1rem;height:1rem;border:1px solid #111}"
    red, green = "background:#d88", "background:#8ba98b"
    same = inspected(html(legend.format(red, "veel", green, "weinig"), box))
    assert "kleur-alleen" in {one.rule for one in same.findings}
    hatch = f"{green};background-image:repeating-linear-gradient(45deg,#111 0 2px,#8ba98b 2px 5px)"
    other = inspected(html(legend.format(red, "veel", hatch, "geen cijfer"), box))
    assert "kleur-alleen" not in {one.rule for one in other.findings}


def test_a_see_through_band_may_run_between_two_clear_bars_but_not_stand_alone(inspected):
    band = rect(50, "#0b5d7a", 60, 'opacity=".3"')
    ends = [rect(10, "#0b5d7a"), rect(110, "#0b5d7a"), text(10, "erin"), text(110, "eruit")]
    assert faults(inspected(html(drawing(band, *ends))).findings) == []
    alone = inspected(html(drawing(band, text(60, "los"))))
    assert {one.rule for one in faults(alone.findings)} == {"beeldcontrast"}


def test_of_radio_buttons_only_the_chosen_one_has_to_be_a_stop(inspected):
    group = "".join(
        f"<label><input type=radio name=wat {extra}>{n}</label> "
        for n, extra in enumerate(("", "checked {}", ""))
    )
    style = "input:focus{outline:3px solid #06c}"
    found = inspected(html(group.format(""), style), thorough=True).findings
    assert "toetsenbord" not in {one.rule for one in faults(found)}
    found = inspected(html(group.format("tabindex=-1"), style), thorough=True).findings
    assert "toetsenbord" in {one.rule for one in faults(found)}


def test_every_fold_is_opened_and_one_of_each_kind_closed_again(inspected):
    page = html("<h2>Geld</h2>" + FOLD.format("") * 3 + FOLD.format(" id='anders' class='x'"))
    told = inspected(page, thorough=True).measured["uitklappen"][0]
    assert "waarvan 4 uitklapdelen met Enter geopend; van elk van de 2 soorten" in told
    last = FOLD.format("") * 3 + FOLD.format(" onclick='event.preventDefault()'")
    assert "uitklappen" in {one.rule for one in inspected(html(last), thorough=True).findings}


def test_contrast_is_measured_in_the_dark_as_well(inspected):
    dark = "@media (prefers-color-scheme:dark){body{background:#111;color:#eee}}"
    page = html(drawing(rect(10, "#0b3d4a"), text(10, "erin", "currentColor")), dark)
    page = page.replace(STYLE, STYLE + ":root{color-scheme:light dark}")
    assert faults(inspected(page).findings) == []
    rules = {one.rule for one in faults(inspected(page, view=View(360, "dark")).findings)}
    assert "beeldcontrast" in rules


def test_text_over_text_and_text_under_a_shape_are_seen(inspected):
    over = "<div style='position:relative;height:3em'><p style='position:absolute;top:0'>Eerste</p>"
    found = inspected(html(over + "<p style='position:absolute;top:2px'>Tweede</p></div>")).findings
    assert "smal-scherm" in {one.rule for one in faults(found)}
    hidden = drawing('<text x="20" y="55" fill="#111">weg</text>', rect(10, "#0b5d7a", 150))
    assert "tekstcontrast" in {one.rule for one in faults(inspected(html(hidden)).findings)}


# --- the report as a whole


def test_what_is_no_report_is_named_with_the_nearest(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "REPORTS", tmp_path)
    with pytest.raises(Fout, match="nog geen rapporten"):
        check.wanted([], everything=True)
    (tmp_path / "arnhem").mkdir()
    (tmp_path / "arnhem" / "index.html").write_text(GOOD)
    with pytest.raises(Fout, match="Bedoelt u arnhem"):
        check.wanted(["arnem"], everything=False)
    here = [(tmp_path / "arnhem").resolve()]
    assert check.wanted(["arnhem"], False) == here == check.wanted([str(here[0])], False)
    assert check.wanted(["arnhem"], True) == here
    (tmp_path / "index.html").write_text(GOOD)
    assert check.wanted([], True) == [*here, tmp_path.resolve()]


def test_without_a_browser_the_rest_is_checked_and_the_command_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "REPORTS", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    (tmp_path / "wijk").mkdir()
    (tmp_path / "wijk" / "index.html").write_text(html("<p>Wij verhogen NaN. Bron: CBS.</p>"))
    told: list[str] = []
    assert check.run(["wijk"], False, told.append) == 1
    assert told[0] == "wijk: gekeurd"
    assert "NIET gedaan" in told[1] and "Installeer Chromium" in told[1]
    assert any("NaN" in line for line in told)
    assert not (tmp_path / "wijk" / statement.HTML).exists()


def test_several_browsers_find_what_one_finds_and_every_report_has_its_evidence(browser, tmp_path):
    root = tmp_path / "project"
    for name, page in {"dorp": GOOD, "wijk": html("<h3>Te diep</h3>" + GOOD)}.items():
        (root / "reports" / name / "audit").mkdir(parents=True)
        (root / "reports" / name / "index.html").write_text(page)
        (root / "reports" / name / "audit" / "01_bronnen.html").write_text(page)
    said = []
    for jobs in ("1", "3"):
        for evidence in root.glob(f"reports/*/{statement.HTML}"):
            evidence.unlink()
        done = command("check", "dorp", "wijk", "--jobs", jobs, root=root)
        assert done.returncode == 1 and not done.stderr, done.stderr
        assert len([*root.glob(f"reports/*/{statement.HTML}")]) == 2
        lines = [line for line in done.stdout.splitlines() if "gemeten, snelheid" not in line]
        # Which page comes first differs; what is found stands in the order of the reports.
        looked = {line for line in lines if line.endswith(".html") and not line.startswith(" ")}
        assert looked == {f"{n}: {p}" for n in ("dorp", "wijk") for p in ("index.html", AUDIT)}
        said.append([line for line in lines if line not in looked])
    assert said[0] == said[1]
    assert said[0][-1].startswith("wijkboek: niet geslaagd:") and "wijk" in said[0][-1]
    assert any("koppen" in line and "FOUT" in line for line in said[0])


def test_a_browser_that_stops_is_said_in_dutch(browser):
    code = (
        "from wijkboek_utils import browser, errors\n"
        "try:\n"
        "    with browser.chromium() as one:\n"
        "        one.close()\n"
        "        one.new_page()\n"
        "except errors.Fout as said:\n"
        "    print(type(said).__name__, said)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Fout De browser stopte ermee: ") and "--jobs 1" in done.stdout


def test_the_number_of_browsers_is_for_reports_alone(tmp_path):
    done = command("check", "uren.csv", "--jobs", "2", root=tmp_path)
    assert done.returncode == 2 and "--jobs hoort bij rapporten" in done.stderr
    done = command("check", "--jobs", "nul", root=tmp_path)
    assert done.returncode == 2 and "Na --jobs hoort een getal boven 0" in done.stderr


def test_the_command_tells_a_wrong_name_and_exits_with_2(tmp_path):
    done = command("check", "kanaleneilant", root=tmp_path)
    assert done.returncode == 2
    assert "is geen rapport" in done.stderr and "wijkboek render" in done.stderr


def test_many_findings_of_one_rule_are_counted_not_all_told(tmp_path):
    found = [Finding("lange zin", f"kop {n}", f"{n} woorden", "advies") for n in range(40)]
    lines = list(check.words(check.Outcome(tmp_path, found)))
    assert "  advies: lange zin (40 keer)" in lines and "    en nog 37 keer" in lines
    assert [line.strip() for line in lines if "kop " in line] == ["kop 39", "kop 38", "kop 37"]
    wrong = [Finding("koppen", f"kop {n}", "Een kop is leeg.") for n in range(7)]
    assert "    en nog 2 keer" in list(check.words(check.Outcome(tmp_path, wrong)))
    lines = list(check.words(check.Outcome(tmp_path, found)))
    assert lines[-1].endswith("wat zonder browser te keuren is geslaagd")


# --- the evidence


def result(**fields) -> PageResult:
    """Return a page on which every own rule and a few of axe passed."""
    own = {r for row in sources.read_project_table("wcag")["eigen"] for r in row.split(";") if r}
    axe = {"color-contrast": ("passes", ["wcag2aa", "wcag143"]), "list": ("passes", ["wcag131"])}
    given = {"measured": {rule: ["gemeten"] for rule in own}, "axe": axe, "title": "Een wijk"}
    return PageResult("index.html", **{**given, **fields})


def outcomes(*pages: PageResult) -> dict[str, str]:
    """Return the outcome of each criterion."""
    return {c.nummer: c.uitkomst for c in statement.criteria(list(pages))}


def test_all_50_criteria_are_there_with_their_level():
    table = sources.read_project_table("wcag")
    assert table["niveau"].value_counts().to_dict() == {"A": 30, "AA": 20}
    assert table["nummer"].is_unique and table["naam"].is_unique and table["anker"].is_unique
    known = {*LOOK, *WALK}
    assert {r for row in table["eigen"] for r in row.split(";") if r} <= known


def test_what_a_tool_cannot_decide_is_never_called_passed():
    table = sources.read_project_table("wcag").set_index("nummer")
    said = outcomes(result())
    assert said["1.4.3"] == said["2.1.2"] == said["4.1.1"] == statement.PASSED
    assert said["1.1.1"] == said["3.1.2"] == statement.PERSON
    assert said["1.2.2"] == said["3.3.1"] == statement.ABSENT
    passed = [n for n, outcome in said.items() if outcome == statement.PASSED]
    assert all(table.loc[n, "mens"] == "" and table.loc[n, "eigen"] for n in passed)


def test_a_fault_fails_its_criterion_and_an_open_question_keeps_it_from_passing():
    wrong, open_ = result(), result()
    wrong.fault("tekstcontrast", "Tekst is te licht.")
    open_.fault("axe:color-contrast", "Kijk zelf.", severity="zelf")
    assert outcomes(wrong)["1.4.3"] == statement.FAILED
    assert outcomes(result(), wrong)["1.4.3"] == statement.FAILED
    assert outcomes(open_)["1.4.3"] == statement.PERSON


def test_what_did_not_run_did_not_pass_and_what_is_there_is_not_absent():
    measured = {rule: ["x"] for rule in result().measured if rule != "toetsenbordval"}
    assert outcomes(result(measured=measured))["2.1.2"] == statement.PERSON
    selector = sources.read_project_table("wcag").set_index("nummer").loc["1.2.2", "alleen_bij"]
    assert outcomes(result(), result(content={selector}))["1.2.2"] == statement.PERSON
    assert set(outcomes().values()) == {statement.PERSON}  # no page, no claim


def test_no_status_above_c_is_ever_proposed():
    for pages in ([result()], [result(measured={}, axe={})]):
        words = " ".join(statement.proposal(statement.criteria(pages)))
        assert "status C" in words and "status D" in words
        assert "vervangt dat niet" in words and "geen bewijs" in words
    wrong = result()
    wrong.fault("koppen", "Een kop ontbreekt.")
    assert "fouten bij 1.3.1 en 2.4.6" in " ".join(statement.proposal(statement.criteria([wrong])))


def test_the_evidence_names_tool_pages_and_day_and_escapes_what_it_repeats(tmp_path):
    page = result(sha256="ab" * 32, axe_version="4.12.1", title="<script>alert(1)</script>")
    page.fault("koppen", "Kop <b>«\N{RIGHT-TO-LEFT OVERRIDE}»</b>.", "360 px licht", "h2 \"'&")
    statement.write(tmp_path, [page], date(2026, 1, 31))
    data = json.loads((tmp_path / statement.JSON).read_text(encoding="utf-8"))
    kinds = [node["@type"] for node in data["@graph"]]
    assert kinds.count("earl:Assertion") == 50 and kinds.count("earl:TestSubject") == 1
    subject = next(n for n in data["@graph"] if n["@type"] == "earl:TestSubject")
    assert subject["sha256"] == "ab" * 32 and data["dct:date"] == "2026-01-31"
    said = {n["earl:result"]["earl:outcome"]["@id"] for n in data["@graph"] if "earl:result" in n}
    assert said == {
        "earl:passed",
        "earl:failed",
        "earl:cantTell",
        "earl:inapplicable",
        "earl:untested",
    }
    text = (tmp_path / statement.HTML).read_text(encoding="utf-8")
    assert "31 januari 2026" in text and "<script" not in text and "<b>" not in text
    assert len(re.findall(r"<tr><th", text)) >= 50


def test_the_evidence_is_itself_accessible(browser, tmp_path):
    page = result(sha256="ab" * 32, axe_version="4.12.1", views=["360 px licht"])
    page.fault("koppen", "Een kop ontbreekt. Voeg die toe.", "360 px licht")
    page.fault("doelgrootte", "Te klein.", severity="advies")
    page.fault("axe:list", "Kijk zelf.", severity="zelf")
    statement.write(tmp_path, [page], date(2026, 1, 31))
    path = tmp_path / statement.HTML
    for view in (View(360), View(1280, "dark")):
        seen = inspection.inspect(browser, path, path.name, {}, [], (view,), thorough=False)
        assert faults(seen.findings) == []


def test_pdf_needs_a_browser_and_says_so_before_the_work(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(browser_.NoBrowser, match="Installeer Chromium"):
        browser_.executable()
