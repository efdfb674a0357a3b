"""What is on the page as files: a workbook, the figures as CSV, and a pilot to render."""

import io
import itertools

import pandas as pd
import yaml

from wijkboek_utils import (
    allocate,
    dutch,
    exports,
    exports_xlsx,
    pilots,
    show,
    texts,
    wijkrekening_text,
)
from wijkboek_utils.errors import Fout
from wijkboek_utils.explorer import text
from wijkboek_utils.explorer.model import Choice, Explorer, codes_of
from wijkboek_utils.exports_book import LICENCE, Subject
from wijkboek_utils.show import Html

KINDS = {
    "xlsx": "Bewaar de tabellen (Excel)",
    "csv": "Bewaar de cijfers (CSV)",
    "yml": "Bewaar het gebied voor een rapport (YML)",
}
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv;charset=utf-8",
    "yml": "application/yaml;charset=utf-8",
}
_CSV = ["onderdeel", "buurt", "van", "naar", "kant", "regel", "eenheid", "bedrag", "se"]


def make(explorer: Explorer, choice: Choice, kind: str) -> tuple[str, bytes]:
    """Return the name and content of a file of `KINDS`. Raises Fout when no buurt was chosen."""
    area = explorer.area(choice)
    name = f"wijkboek-{show.slug(area.naam)}-{choice.jaar}"
    if kind == "yml":
        return f"{pilot_name(area.naam)}.yml", pilot(explorer, choice).encode()
    name = f"{name}-{choice.sector}-{choice.sleutelset}.{kind}"
    return name, (workbook if kind == "xlsx" else csv)(explorer, choice)


def chosen(explorer: Explorer, choice: Choice) -> list[str]:
    """Return what was chosen, a line each, to stand in a file."""
    area, year = explorer.area(choice), explorer.year(choice.jaar)
    codes = ", ".join(codes_of(choice.buurten, year.gebied))
    own = " (het gebied van het rapport)" if area.own else ""
    return [
        f"Gebied: {area.naam}{own}. CBS-codes: {codes}",
        f"Jaar: {year.pilot.periode}",
        f"Verdeeld met: {allocate.SETS[choice.sleutelset]} ({choice.sleutelset})",
        f"Rekening: {wijkrekening_text.NAMES[choice.sector]}",
        f"Kaart: {text.on_map(explorer, choice).titel}",
    ]


def workbook(explorer: Explorer, choice: Choice) -> bytes:
    """Return the tables on the page as a workbook, with the choice and the credits on it."""
    area, year = explorer.area(choice), explorer.year(choice.jaar)
    shown = text.account(explorer, choice) + text.flows(explorer, choice)
    page = f"<h2>Verkenner</h2>{(shown + text.on_map(explorer, choice).tabel).html}"
    subject = Subject(
        area.naam, f"{area.naam}, {year.pilot.periode}", texts.attributions(year.bronnen)
    )
    words = [
        "Dit werkboek heeft de tabellen die u in de verkenner zag. Alle bedragen zijn schattingen.",
        *chosen(explorer, choice),
        "Een getal is hier even ver afgerond als op de pagina, want preciezer is het niet bekend.",
        "Bij «onbekend» is er geen cijfer. Dat is iets anders dan nul.",
    ]
    file = io.BytesIO()
    exports_xlsx.write_shown(Html(page).html, file, subject, "Verkenner van Wijkboek", words)
    return file.getvalue()


def csv(explorer: Explorer, choice: Choice) -> bytes:
    """Return the figures behind the page as CSV, in EUR and not rounded further than to a cent.

    Lines that begin with `#` say what was chosen and whom to credit. `onderdeel` is rekening
    (estimated), geldstromen (after closing) or kaart (of each buurt, as the map shows it).
    """
    account = explorer.account(choice).assign(onderdeel="rekening", eenheid="EUR")
    try:
        closed = explorer.closed(choice)[["van", "naar", "regel", "sluitend", "se_sluitend"]]
    except Fout:
        closed = pd.DataFrame(columns=["van", "naar", "regel", "sluitend", "se_sluitend"])
    closed = closed.rename(columns={"sluitend": "bedrag", "se_sluitend": "se"})
    unit = "EUR per inwoner" if choice.per_inwoner else "EUR"
    on_map = explorer.on_map(choice)[["buurt", "naam", "waarde", "fout"]]
    on_map = on_map.rename(columns={"naam": "regel", "waarde": "bedrag", "fout": "se"})
    parts = [
        account,
        closed.assign(onderdeel="geldstromen", eenheid="EUR"),
        on_map.assign(onderdeel="kaart", eenheid=unit),
    ]
    table = pd.concat([p.reindex(columns=_CSV) for p in parts], ignore_index=True)
    table[_CSV[:-2]] = table[_CSV[:-2]].astype("str").fillna("")
    table[["bedrag", "se"]] = table[["bedrag", "se"]].astype(float).round(2)
    year = explorer.year(choice.jaar)
    told = [*chosen(explorer, choice), *texts.attributions(year.bronnen), LICENCE]
    head = "".join(f"# {exports.inert(' '.join(line.split()))}\n" for line in told)
    return head.encode() + exports.csv(table)


def pilot_name(naam: str) -> str:
    """Return a name for a file in `pilots/` that no other has: that would be written over."""
    slug, taken = show.slug(naam), set(pilots.names())
    names = (slug if n == 1 else f"{slug}-{n}" for n in itertools.count(1))
    return next(name for name in names if name not in taken)


def pilot(explorer: Explorer, choice: Choice) -> str:
    """Return the text of a file for `pilots/`, with which the chosen area can be rendered."""
    area, year = explorer.area(choice), explorer.year(choice.jaar)
    name = pilot_name(area.naam)
    how = f"wijkboek render {name}"
    if choice.sleutelset != allocate.DEFAULT_SET:
        how += f" -p sleutelset={choice.sleutelset}"
    lines = [f"Bewaar dit bestand als pilots/{name}.yml en draai: {how}"]
    if area.parts:
        lines.append("Let op: het rapport rekent met delen van buurten; hier zijn zij heel.")
    facts = {
        "naam": dutch.name(area.naam),
        "gebied": {"codes": codes_of(choice.buurten, year.gebied)},
        "jaar": choice.jaar,
        "toelichting": "Gekozen op de kaart van de verkenner.",
    }
    if year.pilot.kengetallen:
        facts["kengetallen"] = year.pilot.kengetallen
    head = "".join(f"# {' '.join(line.split())}\n" for line in lines)
    return head + yaml.safe_dump(facts, allow_unicode=True, sort_keys=False, width=1000)
