"""What one page is tested on in the browser: axe-core, and our own rules in `keuring.js`."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from wijkboek_utils import browser as browser_
from wijkboek_utils import dutch
from wijkboek_utils.browser import Opened, View
from wijkboek_utils.findings import Finding

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VIEWS = (View(360), View(1280), View(360, "dark"), View(1280, "dark"))
BRIEF = (View(360),)  # of a page in the style of one that is tested in all views
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
HEAVIEST = 2_500_000  # bytes
SLOWEST = 1000  # milliseconds to the first text, from disk
_OUTCOMES = ["inapplicable", "passes", "incomplete", "violations"]  # of axe, the worst last
_MOST_STOPS = 5000
_STRUCTURE = "koppen alternatief tabel-bij-beeld dubbele-id taal beweging doelgrootte"
_KEYBOARD = "toetsenbord toetsenbordval uitklappen volgorde focus"
_SPACING = (  # the four distances of WCAG 1.4.12
    "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}"
    "p{margin-bottom:2em!important}"
)


@dataclass
class PageResult:
    """What the tests said about one page.

    `axe` has the worst outcome of each rule and its tags; `measured` for each of our rules that ran
    what it measured, in words; `content` the selectors of which the page holds something.
    """

    name: str
    title: str = ""
    sha256: str = ""
    views: list[str] = field(default_factory=list)
    axe: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    axe_version: str = ""
    measured: dict[str, list[str]] = field(default_factory=dict)
    content: set[str] = field(default_factory=set)
    _found: dict[tuple[str, str, str, Any], list[str]] = field(default_factory=dict)

    def add(self, rules: str, said: dict[str, Any], view: str = "") -> None:
        """Take up what one function of `keuring.js` said, for the rules that it tests."""
        for rule in rules.split():
            told = self.measured.setdefault(rule, [])
            words = f"{view}: {said['measured']}" if view else said["measured"]
            told += [words] if said["measured"] and words not in told else []
        for one in said["found"]:
            self.fault(one["rule"], one["words"], view, one["where"], one["severity"])

    def fault(
        self, rule: str, words: str, view: str = "", place: str = "", severity: str = "fout"
    ) -> None:
        """Take up one thing that is wrong, in the whole page when no place is given."""
        key = (rule, place or "de hele pagina", words, severity)
        seen = self._found.setdefault(key, [])
        seen += [view] if view and view not in seen else []

    @property
    def findings(self) -> list[Finding]:
        """Return what was found, each once, with the page and the views in which it was seen."""
        found = []
        for (rule, place, words, severity), views in self._found.items():
            seen = f" ({dutch.join(views)})" if views else ""
            found.append(Finding(rule, f"{self.name}{seen}: {place}", words, severity))
        return found


def inspect(
    browser: "Browser",
    path: Path,
    name: str,
    words: dict[str, str],
    contents: list[str],
    views: tuple[View, ...] = VIEWS,
    thorough: bool = True,
) -> PageResult:
    """Return what the tests say about a page.

    `words` says in Dutch what the rules of axe mean; `contents` are selectors of what a page may
    hold. A page that is not tested thoroughly is looked at, but not walked through with the
    keyboard, read without JavaScript, printed or put on the clock.
    """
    html = path.read_bytes()
    result = PageResult(name, sha256=hashlib.sha256(html).hexdigest())
    for n, view in enumerate(views):
        with browser_.opened(browser, path, view) as one:
            if n == 0:
                result.title = one.page.title()
                result.content = set(one.call("has", contents))
                result.add(_STRUCTURE, one.call("structure"))
            if n == 0:
                _axe(result, one, view, words, rest=True)  # folds as they are
            one.call("folds", True)
            # What is laid out depends on the width alone; contrast on the colours too.
            rest = view.width not in {before.width for before in views[:n]}
            _axe(result, one, view, words, rest)
            result.add("beeldcontrast", one.call("graphics"), view.words)
            result.add("tekstcontrast", one.call("texts"), view.words)
            result.add("kleur-alleen", one.call("colours"), view.words)
            if n == 0:
                _layouts(result, one)
            _log(result, one, view)
        folds = "dicht en open" if n == 0 else "open"
        part = "alle regels" if rest else "van axe alleen contrast"
        result.views.append(f"{view.words}, uitklapdelen {folds}, {part}")
    _weight(result, len(html))
    if thorough:
        with browser_.undrawn(browser) as quick, browser_.opened(quick, path) as one:
            _keyboard(result, one)
            _log(result, one, View(1280))
        with browser_.opened(browser, path) as one:
            browser_.print_page(one.page)
            _log(result, one, View(1280))
        _without_script(result, browser, path)
        _speed(result, browser, path)
    return result


def _axe(result: PageResult, one: Opened, view: View, words: dict[str, str], rest: bool) -> None:
    """Run axe and take up what it found; what it leaves open is for a person."""
    said = one.axe([*WCAG, "best-practice"], rest)
    result.axe_version = said["version"]
    for outcome in _OUTCOMES:
        for rule in said[outcome]:
            open_ = outcome == "incomplete"
            before = result.axe.get(rule["id"], (_OUTCOMES[0], []))[0]
            if _OUTCOMES.index(outcome) >= _OUTCOMES.index(before):
                result.axe[rule["id"]] = (outcome, rule["tags"])
            if outcome == "violations" or open_:
                told = words.get(rule["id"], f"Regel {rule['id']} van axe: {rule['help']}.")
                told = f"axe kan niet beslissen of dit speelt; kijk zelf: {told}" if open_ else told
                severity = "zelf" if open_ else "fout" if {*rule["tags"]} & {*WCAG} else "advies"
                for place in rule["places"]:
                    result.fault(f"axe:{rule['id']}", told, view.words, place, severity)


def _layouts(result: PageResult, one: Opened) -> None:
    """Make the screen narrow, the text large and its spacing wide, and see what gets lost."""
    page, before = one.page, Counter(one.call("told"))

    def look(rule: str, view: str, width: int, height: int = 900) -> None:
        page.set_viewport_size({"width": width, "height": height})
        result.add(rule, one.call("layout", rule), view)
        _lost(result, rule, before, Counter(one.call("told")), view)

    look("smal-scherm", "320 px", 320)
    look("tekst-200", "1280 px, 200 % ingezoomd", 640)
    one.call("sheet", f"html{{font-size:{2 * one.call('root')}px!important}}")
    look("tekst-200", "1280 px, alleen tekst 200 %", 1280)
    one.call("sheet", _SPACING)
    look("tekstafstand", "1280 px", 1280)
    look("tekstafstand", "360 px", 360)
    one.call("sheet", "")
    page.set_viewport_size({"width": 640, "height": 360})
    upright = {"found": [], "measured": "de tekst op een staand en een liggend scherm vergeleken."}
    result.add("weergavestand", upright)
    _lost(result, "weergavestand", before, Counter(one.call("told")), "liggend scherm")


def _lost(result: PageResult, rule: str, before: Counter, after: Counter, view: str) -> None:
    """Say which text was there `before` and is not `after`."""
    if lost := list((before - after).elements()):
        words = f"{len(lost)} stukken tekst zijn dan weg, zoals «{lost[0][:60]}». Laat alles staan."
        result.fault(rule, words, view)


def _log(result: PageResult, one: Opened, view: View) -> None:
    """Take up the errors and addresses of a page, after a look at its end."""
    one.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    nothing = {"found": [], "measured": "geopend, gescrold en afgedrukt; elk verzoek meegelezen."}
    result.add("netwerk console", nothing)
    for address in dict.fromkeys(one.elsewhere):
        words = f"De pagina vraagt een ander adres op: {address[:120]}. Neem het op in de pagina."
        result.fault("netwerk", words, view.words)
    for said in dict.fromkeys(one.said):
        result.fault("console", f"De browser meldt: {said[:200]}. Herstel de oorzaak.", view.words)


def _keyboard(result: PageResult, one: Opened) -> None:
    """Walk through the page with the Tab key held down, and open each fold with Enter.

    What is inside a fold has to be reached too.
    """
    keys, found = one.page.keyboard, []
    result.add("snel-naar-inhoud", one.call("skip"))
    one.call("begin")
    for _ in range(_MOST_STOPS):
        keys.down("Tab")  # held down: a key up for each costs as much time again
        arrived = one.call("arrived")
        if arrived == "again":
            found.append(one.call("current"))
        if arrived in ("end", "again"):
            break
        for key in arrived.split() if arrived != "stop" else ():
            keys.press(key)
    keys.up("Tab")
    said = one.call("finished")
    result.add(_KEYBOARD, {**said, "found": [*found, *said["found"]]})


def _without_script(result: PageResult, browser: "Browser", path: Path) -> None:
    def told(javascript: bool) -> Counter[str]:
        with browser_.opened(browser, path, javascript=javascript) as one:
            one.call("folds", True)
            return Counter(one.call("told"))

    full, bare = told(True), told(False)
    words = f"{full.total()} stukken tekst met en zonder script vergeleken."
    result.add("zonder-script", {"found": [], "measured": words})
    _lost(result, "zonder-script", full, bare, "zonder JavaScript")


def _weight(result: PageResult, size: int) -> None:
    words = f"{dutch.number(size / 1000)} kB"
    most = f"{words}; ten hoogste {dutch.number(HEAVIEST / 1000)} kB."
    result.add("gewicht", {"found": [], "measured": most})
    if size > HEAVIEST:
        result.fault("gewicht", f"De pagina is {words} groot. Maak tekeningen en tabellen kleiner.")


def _speed(result: PageResult, browser: "Browser", path: Path) -> None:
    """Measure when the first text appears, from disk: the middle of three times."""
    times = [time for time in _paints(browser, path) if time is not None]
    if len(times) < 3:
        result.fault("snelheid", "De browser toonde niets van deze pagina. Open die zelf.")
        return
    words = f"De eerste tekst staat er na {dutch.number(median(times))} milliseconden"
    result.add(
        "snelheid", {"found": [], "measured": f"{words} (midden van drie keer, van schijf)."}
    )
    if median(times) > SLOWEST:
        result.fault("snelheid", f"{words}; dat hoort binnen 1 seconde. Maak de pagina lichter.")


def _paints(browser: "Browser", path: Path) -> Iterator[float | None]:
    for _ in range(3):
        with browser_.opened(browser, path) as one:
            yield one.call("painted")
