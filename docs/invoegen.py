"""The parts of the pages that are made from tables, so that nobody types a figure twice.

A line `<!-- invoegen: NAME -->` of a page becomes what the function of that name in `PARTS` gives,
as Markdown, whenever the website is built.
"""

import ast
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

import pandas as pd
import yaml

from wijkboek_utils import dutch, exports, sources
from wijkboek_utils.local import schema

HERE = Path(__file__).parent
ROOT = HERE.parent
KEPT = HERE / "onderzoekers"
TABLES = ROOT / "wijkboek_utils" / "tables"
RAW = ROOT / "data" / "raw"
GOLDEN = ROOT / "tests" / "golden"
_PLACE = re.compile(r"^<!-- invoegen: (\w+) -->$", re.M)
_SETS = {"beredeneerd": "Beredeneerd", "gemeentefonds": "Gemeentefonds", "inwoners": "Inwoners"}
_KINDS = {"string": "tekst", "double": "getal", "integer": "heel getal", "boolean": "ja of nee"}
_STATUS = {
    "geverifieerd": "aan de bron nagegaan",
    "tweedehands": "overgenomen van een ander",
    "oordeel": "(deels) ons oordeel",
}
WIDEST = 15  # kengetallen that are shown


def filled(page: str) -> str:
    """Return the text of a page with every part in its place."""
    return _PLACE.sub(lambda found: PARTS[found[1]](), page)


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown; a bar or a tag in a cell stays text."""
    lines = [heads, ["---"] * len(heads), *rows]
    cells = [[_cell(c) for c in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


def _cell(value: object) -> str:
    text = " ".join(str(value).split()).replace("|", "\\|")
    # An asterisk or a bracket says something in Markdown, but not in code.
    parts = re.split(r"(`[^`]*`)", text)
    parts[::2] = [re.sub(r"([*_<>\[\]])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", keep_default_na=False)


# What a report writes.


def woordenboek() -> str:
    """Return every table that a report writes, with every column."""
    words = exports.Words(sources.read_project_table("kolommen"))
    parts = []
    for name, columns in _read(KEPT / "kolommen.csv").groupby("tabel", sort=True):
        told = words.table(str(name))
        rows = [
            (f"`{c.kolom}`", w["titel"], w["eenheid"] or "–", _KINDS[c.soort], w["omschrijving"])
            for c in columns.itertuples()
            for w in [words.column(str(name), c.kolom)]
        ]
        heads = ("kolom", "titel", "eenheid", "soort", "wat het is")
        parts.append(f"### {name}\n\n**{told['titel']}.** {told['omschrijving']}\n")
        parts.append(_table(heads, rows))
    return "\n".join(parts)


# What a report reads.


def soorten() -> str:
    """Return the kinds of data that people contribute, with a link to all their columns."""
    rows = [
        (one.title, one.help, len(one.fields))
        for one in (schema.load(kind) for kind in schema.KINDS)
    ]
    heads = ("soort", "wat het is", "kolommen")
    table = _table(heads, rows)
    for kind in schema.KINDS:
        title = schema.load(kind).title
        table = table.replace(f"| {title} |", f"| [{title}](../datasets/{kind}.md) |", 1)
    return table


@cache
def _own_words() -> exports.Words:
    return exports.Words(_read(KEPT / "eigen_tabellen.csv").assign(titel="", eenheid=""))


def own_tables() -> dict[str, list[str]]:
    """Return the names of our own tables and of the raw files, with their columns."""
    found = {}
    for path in sorted([*TABLES.glob("*.csv"), *RAW.glob("*/*.csv")]):
        name = path.stem if path.parent == TABLES else f"{path.parent.name}/{path.stem}"
        found[name] = list(pd.read_csv(path, nrows=0).columns)
    return found


def undescribed() -> list[str]:
    """Return the tables and columns of our own that nobody described."""
    words = _own_words()
    lacking = [name for name in own_tables() if not words.table(name)["omschrijving"]]
    for name, columns in own_tables().items():
        lacking += [f"{name}.{c}" for c in columns if not words.column(name, c)["omschrijving"]]
    return lacking


def _described(names: Iterable[str]) -> str:
    words, tables, parts = _own_words(), own_tables(), []
    for name in names:
        parts.append(f"### {name}\n\n{words.table(name)['omschrijving']}\n")
        rows = [(f"`{c}`", words.column(name, c)["omschrijving"]) for c in tables[name]]
        parts.append(_table(("kolom", "wat het is"), rows))
    return "\n".join(parts)


def eigen_tabellen() -> str:
    """Return our own choices as data: each table of the project, with every column."""
    return _described(name for name in own_tables() if "/" not in name)


def bronbestanden() -> str:
    """Return the figures of others as they lie in `data/raw`, with every column."""
    return _described(name for name in own_tables() if "/" in name)


def bronnen() -> str:
    """Return every raw file with publisher, period, licence and how it was obtained."""
    rows = []
    for manifest in sorted(RAW.glob("*/manifest.yml")):
        for one in yaml.safe_load(manifest.read_text(encoding="utf-8"))["sources"]:
            facts = (one["title"], one["publisher"], one.get("period", ""), one["licence"])
            rows.append((f"`{one['id']}`", *facts))
    return _table(("bron", "titel", "uitgever", "periode", "licentie"), rows)


def onderwerpen() -> str:
    """Return the topics of the key figures of CBS that we read, with unit and years."""
    rows = [
        (f"`{t.onderwerp}`", t.titel, t.eenheid, f"{t.van or '…'} tot {t.tot or 'nu'}")
        for t in _read(TABLES / "onderwerpen.csv").itertuples()
    ]
    return _table(("onderwerp", "titel bij CBS", "eenheid", "jaren"), rows)


# How sure it is.


def verdelingen() -> str:
    """Return what the gemeente spends for each pilot under the three sets of keys."""
    rows = []
    for path in sorted(GOLDEN.glob("*/verdelingen.csv")):
        sets = pd.read_csv(path).set_index("set")
        for name, words in _SETS.items():
            one = sets.loc[name]
            own = one["lasten"] / sets.loc["beredeneerd", "lasten"] - 1
            apart = "–" if name == "beredeneerd" else dutch.percent(own, 0)
            amounts = [dutch.about(one[c]) for c in ("lasten", "eigen", "rijk")]
            rows.append((path.parent.name, words, *amounts, apart))
    heads = ("pilot", "sleutels", "uitgaven", "betaald uit de wijk", "van het Rijk", "verschil")
    return _table(heads, rows)


def oorzaken() -> str:
    """Return the largest causes of uncertainty of each pilot, with what one error moves."""
    kept = pd.read_csv(KEPT / "oorzaken.csv")
    names = sources.read_project_table("kengetallen").set_index("id")["naam"].to_dict()
    parts = []
    for (_, area, figure), rows in kept.groupby(["pilot", "gebied", "figuur"], sort=False):
        first = rows.iloc[0]
        share = figure.startswith("lek")
        said = [_figure(first[c], share) for c in ("waarde", "laag", "hoog")]
        what = "Het lek van" if share else "De multiplier van huishoudens in"
        parts.append(f"**{what} {area}**: {said[0]} (90 %: {said[1]} tot {said[2]}).\n")
        causes = [
            (f"`{r.oorzaak}`", names.get(r.oorzaak, _cause(r.oorzaak)), _moved(r.verschil, share))
            for r in rows.itertuples()
        ]
        heads = ("oorzaak", "wat het is", "verschil bij één standaardfout meer")
        parts.append(_table(heads, causes))
    return "\n".join(parts)


def _figure(value: float, share: bool) -> str:
    return dutch.percent(value, 1) if share else f"{value:.2f}".replace(".", ",")


def _moved(value: float, share: bool) -> str:
    sign, amount = "+" if value > 0 else "−", abs(value)
    if share:
        return f"{sign}{amount * 100:.1f} procentpunt".replace(".", ",")
    return f"{sign}{amount:.3f}".replace(".", ",")


def _cause(cause: str) -> str:
    """Return in words what a cause is that is no kengetal."""
    kinds = {
        "aantal": "de telling achter",
        "sleutel": "de verdeelsleutel",
        "gewicht": "het gewicht",
    }
    head, _, rest = cause.replace(" ", ":", 1).partition(":")
    return f"{kinds[head]} {rest}" if head in kinds else cause


def oordelen() -> str:
    """Return how many kengetallen rest on what, and those of the books with the widest range."""
    known = sources.read_project_table("kengetallen")
    counts = known["status"].value_counts()
    said = dutch.join([f"{dutch.number(n)} {_STATUS[status]}" for status, n in counts.items()])
    plans = known["id"].str.startswith("kans_")
    numbers = known[["waarde", "laag", "hoog"]].astype(float)
    width = (
        (numbers["hoog"] - numbers["laag"])
        .div(numbers["waarde"])
        .where(~plans & (numbers["waarde"] > 0))
    )
    widest = known.loc[width.sort_values(ascending=False, kind="stable").index[:WIDEST]]
    rows = [
        (f"`{k.id}`", k.naam, *(_number(v) for v in (k.laag, k.waarde, k.hoog)), k.eenheid)
        for k in widest.itertuples()
    ]
    heads = ("kengetal", "wat het is", "laag", "waarde", "hoog", "eenheid")
    return (
        f"Er zijn {dutch.number(len(known))} kengetallen: {said}. De {plans.sum()} kengetallen "
        f"die met `kans_` beginnen, horen alleen bij de plannen van hoofdstuk 15. Van de andere "
        f"hebben deze {WIDEST} naar verhouding de ruimste grenzen:\n\n{_table(heads, rows)}"
    )


def _number(value: object) -> str:
    text = f"{float(str(value)):g}"
    return text.replace(".", ",")


def sleutelfouten() -> str:
    """Return every key with its error and what that error rests on."""
    rows = [
        (f"`{k.sleutel}`", k.naam, dutch.percent(float(k.fout), 0), k.fout_grond, k.terugval or "–")
        for k in sources.read_project_table("sleutels").fillna("").itertuples()
        if str(k.fout)
    ]
    return _table(("sleutel", "wat het is", "fout", "grond", "terugval"), rows)


# How the code hangs together.


def lagen() -> str:
    """Return the rooms of the code, the highest first, as the test of imports has them."""
    text = (ROOT / "tests" / "test_house.py").read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "ROOMS":
            rooms = ast.literal_eval(node.value)
    rows = [
        (n, ", ".join(f"`{module}`" for module in sorted(room)))
        for n, room in reversed(list(enumerate(rooms, start=1)))
    ]
    return _table(("laag", "modules"), rows)


PARTS: dict[str, Callable[[], str]] = {
    part.__name__: part
    for part in (
        woordenboek,
        soorten,
        eigen_tabellen,
        bronbestanden,
        bronnen,
        onderwerpen,
        verdelingen,
        oorzaken,
        oordelen,
        sleutelfouten,
        lagen,
    )
}
