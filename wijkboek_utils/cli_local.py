"""The verbs `template` and `check`: data of the wijk to fill in, and files and reports to check."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wijkboek_utils.cli_render import count
from wijkboek_utils.errors import Fout, did_you_mean

if TYPE_CHECKING:
    from wijkboek_utils.local.contribution import Checked

TEMPLATE_EXAMPLES = """\
voorbeelden:
  wijkboek template telling                een leeg bestand voor een telling: telling.xlsx
  wijkboek template voorraad --csv         zonder Excel: voorraad.csv
  wijkboek template werk -o uren.xlsx      onder een andere naam
  wijkboek template telpakket boom         formulieren om te printen, en het lege bestand
"""
CHECK_EXAMPLES = """\
voorbeelden:
  wijkboek check                           het rapport van Kanaleneiland (Utrecht)
  wijkboek check reports/GM0344            een rapport, met de map waarin het staat
  wijkboek check --all                     alle rapporten
  wijkboek check bomen.csv --pilot utrecht-kanaleneiland   gegevens om bij te dragen
  wijkboek check uren.xlsx --kind werk --gemeente GM0344
"""
KIT = "telpakket"
SUFFIXES = (".csv", ".xlsx", ".json", ".geojson", ".gpkg", ".zip", ".shp")  # of data
OTHERS = (".xls", ".xlsm", ".xlsb", ".ods", ".numbers", ".txt", ".tsv", ".kml", ".gpx")  # meant so


def add(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the verbs to the command; `verb` makes one, with its help."""
    check = verb(
        verbs,
        "check",
        "keur een rapport, of gegevens om bij te dragen",
        "Keur rapporten in de browser en schrijf het bewijs voor de toegankelijkheidsverklaring. "
        "Of kijk bestanden met gegevens na en noem elke fout.",
        CHECK_EXAMPLES,
    )
    words = "naam van een pilot, de map van het rapport, of een bestand met gegevens"
    check.add_argument("reports", nargs="*", metavar="RAPPORT|BESTAND", help=words)
    check.add_argument("--all", action="store_true", help="alle rapporten uit de map reports/")
    words = "hoeveel browsers tegelijk (anders: een per processorkern, ten hoogste 4)"
    check.add_argument("--jobs", type=count("--jobs"), metavar="AANTAL", help=words)
    check.add_argument("--kind", metavar="SOORT", help="wat er in het bestand staat, zoals telling")
    check.add_argument("--pilot", metavar="PILOT", help="zoek de buurten van deze pilot")
    check.add_argument(
        "--gemeente",
        action="append",
        default=[],
        metavar="CODE",
        help="zoek de buurten van deze gemeente, zoals GM0344",
    )
    template = verb(
        verbs,
        "template",
        "maak een leeg bestand om gegevens van de wijk in te vullen",
        "Maak een leeg bestand: telling, voorraad, geldstroom, werk, vraag_aanbod, budget, "
        "activiteit, netwerk of besteding. Of een telpakket: formulieren om te printen.",
        TEMPLATE_EXAMPLES,
    )
    template.add_argument("kind", metavar="SOORT", help="wat u gaat invullen, zoals telling")
    template.add_argument("wat", nargs="?", metavar="WAT", help="bij telpakket: wat u telt")
    template.add_argument("--csv", action="store_true", help="een CSV-bestand in plaats van XLSX")
    template.add_argument("--pilot", metavar="PILOT", help="bij telpakket: voor deze pilot")
    template.add_argument("-o", dest="out", metavar="BESTAND", help="schrijf naar dit bestand")


def template(options: argparse.Namespace) -> int:
    """Write an empty file to fill in, or the forms of a count. Never writes over a file."""
    if options.kind == KIT:
        return _kit(options)
    from wijkboek_utils.local import schema, template

    if options.kind not in schema.KINDS:
        near = did_you_mean(options.kind, [*schema.KINDS, KIT])
        raise Fout(f"{options.kind} is geen soort gegevens.{near} Hulp: wijkboek template --help")
    if options.wat:
        raise Fout(f"Na {options.kind} hoort niets meer. Wilt u een andere naam? Gebruik dan -o.")
    path = Path(options.out or ".")
    as_csv = options.csv or path.suffix.lower() == ".csv"
    if path.is_dir():
        path = path / f"{options.kind}{'.csv' if as_csv else '.xlsx'}"
    content = template.csv(options.kind) if as_csv else template.xlsx(options.kind)
    _write_new({path: content})
    print(f"{path}: vul het in en kijk het na met: wijkboek check {path}")
    return 0


def _kit(options: argparse.Namespace) -> int:
    """Write the forms and the templates of a count in a folder of their own."""
    from wijkboek_utils import pilots
    from wijkboek_utils.local import form

    if not options.wat:
        raise Fout("Noem één ding om te tellen, zoals: wijkboek template telpakket boom")
    files = form.files(options.wat, pilots.load(options.pilot or pilots.DEFAULT))
    name = "-".join("".join(c if c.isalnum() else " " for c in options.wat.lower()).split())
    folder = Path(options.out or f"{KIT}-{name}")
    _write_new({folder / name: content for name, content in files.items()})
    print(f"{folder}: {', '.join(files)}")
    return 0


def _write_new(files: dict[Path, bytes]) -> None:
    """Write files that are not there yet: all of them or none."""
    if there := next((path for path in files if path.exists()), None):
        raise Fout(f"{there} bestaat al. Haal het weg of geef met -o een andere naam.")
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)


def check(options: argparse.Namespace) -> int:
    """Check reports, and files with data; return 0 when nothing is wrong with any of them."""
    files = [name for name in options.reports if Path(name).suffix.lower() in SUFFIXES + OTHERS]
    reports = [name for name in options.reports if name not in files]
    if (options.kind or options.pilot or options.gemeente) and not files:
        raise Fout("--kind, --pilot en --gemeente horen bij een bestand met gegevens. Noem er een.")
    only_files = bool(files) and not reports and not options.all
    if options.jobs and only_files:
        raise Fout("--jobs hoort bij rapporten. Laat het weg bij een bestand met gegevens.")
    failed = _files(files, options) if files else 0
    if only_files:
        return failed
    from wijkboek_utils import check as reports_

    if not reports and not options.all:
        from wijkboek_utils import pilots

        reports = [pilots.DEFAULT]
    return max(failed, reports_.run(reports, options.all, _tell, options.jobs))


def _files(names: list[str], options: argparse.Namespace) -> int:
    """Check files with data, tell what is wrong, and write a marked copy beside each that fails."""
    paths = [Path(name) for name in names]
    if missing := [path for path in paths if not path.is_file()]:
        raise Fout(f"{missing[0]} is er niet. Kijk of de naam en de map kloppen.")
    gemeenten, addresses = _area(options)
    from wijkboek_utils.local import checking, header, opening, schema

    if options.kind and options.kind not in schema.KINDS:
        raise Fout(header.unknown_kind(options.kind))
    failed = 0
    for path in paths:
        opened = opening.open_file(path)
        checked = checking.check(opened, options.kind or "", gemeenten, addresses=addresses)
        _tell_of(path, checked, said=bool(options.kind or opened.kind))
        if checked.faults:
            failed = 1
            _mark(path, opened, checked)
    return failed


def _area(options: argparse.Namespace) -> tuple[list[str], Path | None]:
    """Return the gemeenten whose buurten count, and the address file of the pilot."""
    from wijkboek_utils import pilots, regions

    gemeenten = [code.upper() for code in options.gemeente]
    for code in gemeenten:
        if not regions.is_code(code) or regions.gemeente_of(code) != code:
            raise Fout(f"{code} is geen code van een gemeente; die lijkt op GM0344.")
    if not options.pilot:
        return gemeenten, None
    pilot = pilots.load(options.pilot)
    return list(dict.fromkeys([*gemeenten, *pilot.gemeenten])), pilot.adressen


def _tell_of(path: Path, checked: "Checked", said: bool) -> None:
    """Tell what was read of a file, what is wrong with it, and what is worth a look."""
    from wijkboek_utils import dutch
    from wijkboek_utils.local.faults import OVER, count, lines

    for line in lines(checked.faults):
        _tell(f"{path}: {line}")
    for line in lines(checked.notes):
        _tell(f"{path}: let op: {line}")
    kind = f"{checked.kind}{'' if said else ' (te zien aan de kolommen)'}"
    if any((fault.column or "").startswith(OVER) for fault in checked.faults):
        _tell(f"{path}: {_over(path)}")
    if checked.faults:
        _tell(f"{path}: {count(checked.faults)}. Zo kan het bestand niet in de boeken.")
        return
    rows = dutch.plural(len(checked.rows), "rij", "rijen")
    where = ""
    if "buurt" in checked.rows:
        found = checked.rows["buurt"].dropna().nunique()
        where = f" in {dutch.plural(found, 'buurt', 'buurten')}"
    _tell(f"{path}: {kind}, {rows}{where}, zonder fouten.")


def _over(path: Path) -> str:
    """Say where a file says of itself whose it is, and how it was made."""
    if path.suffix.lower() == ".xlsx":
        return "«Over» is het blad waarop u zegt van wie de gegevens zijn en wat ermee mag."
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        return "«Over» staat in een CSV bovenaan, in regels zoals: # bijdrager: Natuurclub"
    beside = f"{path.stem}.over.csv"
    return f"«Over» staat in een bestand ernaast, {beside}, in regels zoals: bijdrager;Natuurclub"


def _mark(path: Path, opened: Any, checked: "Checked") -> None:
    """Write the copy with the faults marked beside the file, never over an older one.

    People mend their file in such a copy.
    """
    from itertools import count

    from wijkboek_utils import sources
    from wijkboek_utils.local import limits, marked

    with path.open("rb") as file:
        content = file.read(limits.BYTES)
    names = (f"{path.stem}-fouten{f'-{n}' if n > 1 else ''}.xlsx" for n in count(1))
    copy = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    sources.write_whole(copy, marked.copy(content, opened, checked.faults))
    _tell(f"{copy}: een kopie waarin elke fout een kleur en een uitleg heeft.")


def _tell(words: str) -> None:
    print(words, flush=True)
