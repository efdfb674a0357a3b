"""The verb `new`: from the name of a wijk to its own pilot and report, without editing a file."""

import argparse
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from wijkboek_utils import cli_render
from wijkboek_utils.asked import Asked
from wijkboek_utils.errors import Fout

if TYPE_CHECKING:
    from wijkboek_utils.finding import Place
    from wijkboek_utils.new_area import Area
    from wijkboek_utils.pilots import Pilot

EXAMPLES = """\
voorbeelden:
  wijkboek new                             vraagt wat er nodig is
  wijkboek new Klarendal                   een wijk of buurt waarvan er cijfers zijn
  wijkboek new --gemeente Arnhem --wijk Klarendal
  wijkboek new --gemeente Arnhem --buurt Markt --buurt Rijnstraat   samen een gebied
  wijkboek new --gemeente Zutphen          een hele gemeente; haalt de cijfers op
  wijkboek new --gemeente Arnhem --straat Hommelstraat
"""
_SKIPPED = "overgeslagen"  # how `fetch` begins what it says of a table it did not ask for
_WIDTH = 100  # of lines in the terminal


def add(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the verb to the command; `verb` makes one, with its help."""
    part = verb(
        verbs,
        "new",
        "maak een pilot en het rapport van uw eigen wijk",
        "Zoek een gemeente, wijk, buurt of straat op naam, schrijf een pilot en maak het rapport.",
        EXAMPLES,
    )
    part.add_argument("woorden", nargs="*", metavar="NAAM", help="een wijk, buurt of gemeente")
    for option, words in (
        ("--gemeente", "naam of code van een gemeente"),
        ("--wijk", "naam of code van een wijk; mag meer dan eens"),
        ("--buurt", "naam of code van een buurt; mag meer dan eens"),
        ("--straat", "naam van een straat; mag meer dan eens"),
    ):
        part.add_argument(option, action="append", default=[], metavar="NAAM", help=words)
    words = "bestand in pilots/ met alle adressen van de gemeente, voor --straat"
    part.add_argument("--adressen", default="", metavar="BESTAND", help=words)
    part.add_argument(
        "--naam", default="", metavar="NAAM", help="hoe het gebied in het rapport heet"
    )
    words = "het jaar van de boeken (anders het nieuwste met een jaarrekening)"
    part.add_argument("--jaar", metavar="JAAR", help=words)
    words = "haal eerst de nieuwste cijfers op, ook als er al cijfers zijn"
    part.add_argument("--ophalen", action="store_true", help=words)
    part.add_argument(
        "--ja", action="store_true", help="vraag niets; wat onduidelijk is, is een fout"
    )
    part.add_argument("--geen-rapport", action="store_true", help="schrijf alleen de pilot")


def new(options: argparse.Namespace) -> int:
    """Make a pilot and its report; return 1 when the report may not be published yet."""
    try:
        return _new(options, _year(options.jaar))
    except KeyboardInterrupt:
        print("\nwijkboek: gestopt. Er is geen pilot achtergebleven.", file=sys.stderr)
        return 130


def _new(options: argparse.Namespace, jaar: int | None) -> int:
    from wijkboek_utils import asking, gazetteer, new_area, new_pilot

    ask = asking.Asker(options.ja)
    fetched: set[str] = set()

    def bring(towns: "Iterable[Place]") -> None:
        codes = [town.code for town in towns if town.code not in fetched]
        wanted = codes if options.ophalen else gazetteer.lacking(codes)
        if wanted:
            fetched.update(wanted)
            _fetch(wanted, {town.code: town.naam for town in towns})

    kinds = (options.gemeente, options.wijk, options.buurt, options.straat, options.woorden)
    area = new_area.choose(new_area.Wanted(*kinds, options.adressen, jaar), ask, bring)
    codes = [town.code for town in area.gemeenten]
    if jaar is None:
        jaar = gazetteer.newest_year(codes)
    else:
        gazetteer.check_year(codes, jaar)
    naam, slug = _named(options.naam, area, ask)
    content = new_pilot.text(naam, area.gebied, jaar, _command(options), area.said)
    with new_pilot.written(slug, content) as pilot:
        print(f"Nieuw: pilots/{slug}.yml, over {pilot.naam} in {pilot.jaar}.")
        _tell(area.notes)
        _tell(_figures(pilot))
        if options.geen_rapport:
            print(f"Maak het rapport met: wijkboek render {slug}")
            return 0
        code = cli_render.make([Asked(slug)])
    _tell(_help(pilot))
    return code


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isdecimal() and len(text) == 4):
        raise Fout(f"Na --jaar hoort een jaar, zoals 2023; u gaf {text!r}.")
    return int(text)


def _fetch(codes: list[str], names: dict[str, str]) -> None:
    """Fetch the figures of gemeenten, and say what failed. Raises Fout when they are not enough."""
    from wijkboek_utils import bronnen, dutch, fetch, gazetteer, net

    told = dutch.join([names[code] for code in codes])
    print(f"Cijfers van {told} ophalen bij CBS en PDOK. Dat duurt een paar minuten.", flush=True)
    line, failed = net.Line(net.Patience(attempts=3)), []
    for result in fetch.fetch(bronnen.choose([]), codes, line):
        failed += [result.dataset.id] if result.failed else []
        if not result.words.startswith(_SKIPPED):  # that a host is silent is said once
            print(f"  {result.dataset.id} {result.scope}: {result.words}", flush=True)
    if gazetteer.lacking(codes):
        raise Fout(
            f"Zonder de cijfers van {told} kan er geen rapport komen. Er is geen pilot geschreven. "
            f"Probeer het later nog eens, of haal eerst de cijfers op met: wijkboek fetch "
            f"{' '.join(codes)}"
        )
    if failed:
        print(f"  Niet opgehaald: {', '.join(failed)}. Wij gaan door met wat er is.")


def _named(naam: str, area: "Area", ask: Any) -> tuple[str, str]:
    """Return what the pilot and its file are called; ask for another name when it is taken."""
    from wijkboek_utils import new_pilot, pilots

    naam = " ".join(naam.split()) or new_pilot.naam_of(area.places)
    town = area.gemeenten[0].naam if len(area.gemeenten) == 1 else ""
    slug = new_pilot.slug_of(naam, town)
    while ask.live and slug in pilots.names():
        print(f"pilots/{slug}.yml bestaat al. Een ander bestand is zo gemaakt.")
        other = ask.line(f"Onder welke naam? Enter is {new_pilot.free(slug)}:")
        slug = new_pilot.slug_of(other) if other else new_pilot.free(slug)
    return naam, slug


def _command(options: argparse.Namespace) -> str:
    """Return what was typed, as far as it says what the pilot is about."""
    words = ["wijkboek new", *map(shlex.quote, options.woorden)]
    for kind in ("gemeente", "wijk", "buurt", "straat"):
        words += [f"--{kind} {shlex.quote(text)}" for text in getattr(options, kind)]
    return " ".join(words)


def _figures(pilot: "Pilot") -> list[str]:
    """Return which figures there are and which are not, as lines."""
    from wijkboek_utils import allocate, availability, cbs, compilation, dutch, pdok, places

    made = compilation.of(pilot)
    used = allocate.keys_used(made.bedragen, allocate.DEFAULT_SET, made.sleutels)
    years = places.years_of(made.indicatoren, cbs.INHABITANTS)
    borders = sorted({pdok.source(code, year).period for code, year in years.items()})
    account = f"{pilot.verslag} {pilot.jaar}"
    there = availability.years(made.indicatoren, account, dutch.join(borders))
    sleutels = allocate.join_keys(made.sleutels).table.reset_index()
    gaps = availability.gaps(made.indicatoren, used, sleutels)
    width = there["cijfers"].str.len().max()
    lines = ["Deze cijfers zijn er, van dit jaar:"]
    lines += [f"  {row.cijfers:{width}}  {row.jaar}" for row in there.itertuples()]
    if len(gaps):
        lines.append("Deze cijfers van CBS ontbreken. Dit komt ervoor in de plaats:")
    for words, rows in gaps.groupby("vervangen", sort=False):
        lines.append(f"- {dutch.join(rows['ontbreekt'].tolist())}: {dutch.lower_first(str(words))}")
    if len(gaps):
        codes = " ".join(pilot.gemeenten)
        lines.append(f"Met internet haalt u meer cijfers op: wijkboek fetch {codes}")
    return lines


def _help(pilot: "Pilot") -> list[str]:
    """Return which local data would help most, as lines; nothing when there are no books."""
    from wijkboek_utils import area_flows, availability, cbs, several, widest

    try:
        flows = area_flows.read(pilot.slug)
    except Fout:  # the report could not be made, and has said why
        return []
    figures = several.read(cbs.indicators, pilot.gemeenten, pilot.jaar)
    missing = availability.missing_topics(figures)
    table = widest.helpful(widest.ranges(flows), widest.rules(), missing)
    words = widest.words(table, pilot.gemeenten)
    return ["", *words, "", f"Open reports/{pilot.slug}/index.html in uw browser."]


def _tell(lines: list[str]) -> None:
    """Print lines, each no wider than a terminal."""
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip(" ")))
        print(textwrap.fill(line, _WIDTH, subsequent_indent=f"{indent}  ") if line else "")
    sys.stdout.flush()
