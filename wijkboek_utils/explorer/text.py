"""A choice in words, tables and pictures: the same as the report prints of the same figures."""

from dataclasses import dataclass

import pandas as pd

from wijkboek_utils import (
    allocate,
    charts,
    dutch,
    household_account,
    language,
    picture_rows,
    picture_text,
    pictures,
    show,
    tables,
    texts,
    wijkrekening_text,
)
from wijkboek_utils.dutch import about, interval, is_known, number
from wijkboek_utils.errors import Fout
from wijkboek_utils.explorer.maps import GEMEENTE, RIJK, SECTORS
from wijkboek_utils.explorer.model import Area, Choice, Explorer
from wijkboek_utils.show import Html

_NONE = "Over deze rekening is voor dit gebied niets bekend."
_ESTIMATED = (
    "Dit is de schatting, vóór het sluiten van de rekeningen. Zo staat zij ook in het rapport."
)
_CLOSED = (
    "Hier is elk bedrag zo weinig mogelijk aangepast, tot elke rekening sluit. Daarom wijkt een "
    "bedrag soms af van de rekening hierboven."
)
_BLANK = "onbekend, of minder dan 50 inwoners"
_LISTED = 6  # buurten named in a sentence


@dataclass(frozen=True)
class OnMap:
    """What the map shows: by buurt its class (-1 for none) and words; its title and legend."""

    titel: str
    klassen: dict[str, int]
    woorden: dict[str, str]
    legenda: Html
    tabel: Html


def sentence(explorer: Explorer, choice: Choice) -> list[str]:
    """Return what was chosen and the main result, in a few sentences."""
    area, year = explorer.area(choice), explorer.year(choice.jaar)
    many = len(area.inside)
    people = f" met {number(area.inwoners)} inwoners" if is_known(area.inwoners) else ""
    part = ", soms voor een deel" if area.parts else ""
    if area.naam.startswith(f"{many} "):  # it has no other name than how many there are
        names = explorer.names(choice)
        told = f" ({dutch.join(names)})" if many <= _LISTED else ""
        what = f"{area.naam}{told}{people}"
    elif many == 1:
        what = f"de buurt {area.naam}{part}{people}"
    else:
        what = f"{area.naam}: {number(many)} buurten{part}{people}"
    when = year.pilot.periode
    source = f"zijn van {when}" if when.isdecimal() else f"komen uit de {when}"
    how = allocate.SETS[choice.sleutelset]
    chosen = f"U koos {what}. De cijfers {source}. Verdeeld met: {how}."
    return [chosen, _result(explorer, choice, area)]


def _result(explorer: Explorer, choice: Choice, area: Area) -> str:
    rows = explorer.account(choice)
    if rows["bedrag"].isna().all():
        return _NONE
    if choice.sector == RIJK:
        return wijkrekening_text.rijk_sentence(rows, area.naam)
    if choice.sector == "huishoudens":
        if household_account.TOTAL_IN not in set(rows["regel"]):
            return _NONE
        near = household_account.local_share(explorer.flows(choice))
        return household_account.sentence(rows, near, area.naam)
    sums = rows.set_index("regel").reindex(["Inkomsten samen", "Uitgaven samen"])
    got, paid = (interval(*sums.loc[name, ["bedrag", "se"]]) for name in sums.index)
    if choice.sector != GEMEENTE:
        who = dutch.capital(choice.sector)
        return f"{who} in {area.naam} krijgen naar schatting {got} en betalen {paid} per jaar."
    amount, error = sums.loc["Uitgaven samen", ["bedrag", "se"]]
    each = ""
    if is_known(amount) and area.inwoners >= 1:
        each = f" Dat is ongeveer {about(amount / area.inwoners, error / area.inwoners)} per "
        each += "inwoner."
    return (
        f"De gemeente geeft naar schatting {paid} uit voor {area.naam}.{each} Zij krijgt er {got} "
        "voor binnen, van bewoners, bedrijven en het Rijk samen."
    )


def account(explorer: Explorer, choice: Choice) -> Html:
    """Return the account of the sector, as the report prints it."""
    rows, naam = explorer.account(choice), explorer.area(choice).naam
    periode = explorer.year(choice.jaar).pilot.periode
    if rows["bedrag"].isna().all():
        return show.text(_NONE)
    if choice.sector == GEMEENTE:
        table = tables.account(rows, naam, periode)
    elif choice.sector == RIJK:
        titel = f"Wat het Rijk voor {naam} brengt en er haalt, {periode}"
        table = wijkrekening_text.rijk(rows, titel)
    elif choice.sector == "huishoudens":
        titel = f"Rekening van de huishoudens van {naam}, {periode}"
        table = wijkrekening_text.account(rows, titel, household_account.NOTE)
    else:
        titel = f"Rekening van de {choice.sector} in {naam}, {periode}"
        table = wijkrekening_text.account(rows, titel)
    return table + Html(f'<p class="note">{_ESTIMATED}</p>')


def flows(explorer: Explorer, choice: Choice) -> Html:
    """Return all flows of the area once its accounts close: the picture, and its table."""
    area, periode = explorer.area(choice), explorer.year(choice.jaar).pilot.periode
    try:
        closed = explorer.closed(choice)
    except Fout as fout:  # too little is known to close
        return show.text(f"De rekeningen van {area.naam} sluiten niet. {fout}")
    if closed.empty:
        return show.text(picture_text.away(picture_rows.through(closed), area.naam))
    rows = picture_rows.through(closed)
    title = f"Alle geldstromen van {area.naam}, {periode}"
    drawn = pictures.layers(rows, title, picture_text.away(rows, area.naam))
    moved = wijkrekening_text.closing_sentence(closed)
    size = wijkrekening_text.size_note(area.inwoners) if is_known(area.inwoners) else ""
    return drawn + show.text(_CLOSED, moved, size)


def on_map(explorer: Explorer, choice: Choice) -> OnMap:
    """Return what the map shows of each buurt; it does not depend on the chosen area."""
    rows = explorer.on_map(choice)
    layers = explorer.layers(choice.sector, choice.jaar, choice.sleutelset)
    layer = layers.get(choice.kleur, next(iter(layers.values())))
    pilot = explorer.year(choice.jaar).pilot
    how = "euro per inwoner" if choice.per_inwoner else "euro"
    titel = (
        f"{wijkrekening_text.NAMES[choice.sector]}. {layer}, in {how}. Buurten van "
        f"{pilot.gemeentenaam}, {pilot.periode}"
    )
    steps = charts.classes(rows["waarde"])
    unit = " per inwoner" if choice.per_inwoner else ""
    words = [_words(r, unit) for r in rows.itertuples()]
    frame = pd.DataFrame(
        {
            "Buurt": rows["naam"],
            "Klasse op de kaart": ["geen" if pd.isna(s) else str(int(s) + 1) for s in steps],
            "Bedrag": words,
        }
    ).sort_values("Buurt", key=lambda c: c.str.casefold(), ignore_index=True)
    return OnMap(
        titel,
        dict(zip(rows["buurt"], steps.fillna(-1).astype(int).tolist(), strict=True)),
        dict(zip(rows["buurt"], words, strict=True)),
        charts.classes_legend(rows["waarde"], steps, _BLANK),
        show.fold("Toon de cijfers van de kaart", show.table(frame, titel, {"Bedrag": str})),
    )


def _words(row: object, unit: str) -> str:
    value, error, people = (getattr(row, name) for name in ("waarde", "fout", "inwoners"))
    if not is_known(value):
        few = is_known(people) and people < 50
        return "te weinig inwoners" if few else dutch.UNKNOWN
    return f"{about(value, error)}{unit}"


def credits(explorer: Explorer, choice: Choice) -> Html:
    """Return whose figures and boundaries these are."""
    bronnen = explorer.year(choice.jaar).bronnen
    short = "; ".join(dict.fromkeys(bronnen["vermelding"]))
    note = Html(f'<p class="note">{show.in_page(short)}.</p>')
    return note + show.fold("Toon de bronnen", show.bullets(texts.attributions(bronnen)))


def words(explorer: Explorer) -> Html:
    """Return what the words of our trade mean that any account or picture here may use."""
    return explorer.kept("words", "", lambda: _glossary(explorer), 1)


def _glossary(explorer: Explorer) -> Html:
    start = explorer.start
    parts = [account(explorer, start._replace(sector=name)) for name in SECTORS]
    titles = [on_map(explorer, start._replace(sector=name)).titel for name in SECTORS]
    parts += [flows(explorer, start), show.text(*sentence(explorer, start), *titles, "saldo")]
    found = language.glossary("".join(part.html for part in parts))
    rows = "".join(
        f"<div><dt>{show.in_page(word)}</dt><dd>{show.in_page(told)}</dd></div>"
        for word, told in found
    )
    return Html(
        f'<details id="{language.GLOSSARY_ID}"><summary>Wat de woorden betekenen</summary>'
        f'<dl class="wb-words">{rows}</dl></details>'
    )
