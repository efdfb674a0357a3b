"""The board of the explorer: a map and fields to choose with, and what follows from the choice."""

import logging
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import ipywidgets

from wijkboek_utils import allocate, folders, mapplan, pages, show, wijkrekening_text
from wijkboek_utils.errors import Fout
from wijkboek_utils.explorer import files, text
from wijkboek_utils.explorer.maps import SECTORS
from wijkboek_utils.explorer.model import Choice, Explorer
from wijkboek_utils.explorer.pieces import Files, Map, Words

_OTHER = "eigen keuze, op de kaart of in de lijst"
_EMPTY = "Kies op de kaart of in de lijst minstens één buurt."
_SETS = {
    "beredeneerd": "per taak een eigen sleutel (het rapport)",
    "gemeentefonds": "zoals het gemeentefonds verdeelt",
    "inwoners": "alles naar inwoners",
}
_BROKEN = "Er ging iets mis in het programma. Kies iets anders, of laad de pagina opnieuw."


class Board:
    """The fields by name, the map, and what follows them."""

    def __init__(self, explorer: Explorer) -> None:
        """Show the pilot's own area, year and keys."""
        self.explorer, start = explorer, explorer.start
        self._busy, self._drawn = False, 0
        self.velden = {
            "gebied": ipywidgets.Dropdown(description="Gebied"),
            "jaar": ipywidgets.Dropdown(
                description="Jaar", options=self._years(), value=start.jaar
            ),
            "sector": ipywidgets.Dropdown(
                description="Rekening van",
                options=[(wijkrekening_text.NAMES[name], name) for name in SECTORS],
                value=start.sector,
            ),
            "sleutelset": ipywidgets.Dropdown(
                description="Hoe wij geld van de gemeente verdelen",
                options=[(_SETS[name], name) for name in allocate.SETS],
                value=start.sleutelset,
            ),
            "kleur": ipywidgets.Dropdown(description="Wat de kaart laat zien"),
            "per_inwoner": ipywidgets.Dropdown(
                description="Op de kaart",
                options=[("per inwoner", True), ("in euro", False)],
                value=start.per_inwoner,
            ),
        }
        self.lijst = ipywidgets.SelectMultiple(
            description="Of kies de buurten in deze lijst (met Ctrl kiest u er meer)", rows=7
        )
        self.kaart = Map("kaart")
        self.bestanden = Files("bestanden", knoppen=files.KINDS)
        names = ("zin", "legenda", "rekening", "stromen")
        self.uit = {name: Words("woorden", status=name == "zin") for name in names}
        self.uit["woorden"] = Words("woorden", html=text.words(explorer).html)
        self._fill(start)
        self._show()
        self.box = self._box()
        for field in (*self.velden.values(), self.lijst):
            field.observe(self._chosen, "value")
        self.kaart.observe(self._chosen, "gekozen")
        self.bestanden.on_msg(self._save)

    @property
    def keuze(self) -> Choice:
        """Return what the fields say now."""
        value = {name: field.value for name, field in self.velden.items() if name != "gebied"}
        return Choice(buurten=frozenset(self.lijst.value), **value)

    def _years(self) -> list[tuple[str, int]]:
        year = self.explorer.year
        return [(year(jaar).pilot.periode, jaar) for jaar in self.explorer.jaren]

    def _box(self) -> ipywidgets.VBox:
        fields = ipywidgets.VBox(list(self.velden.values())).add_class("wb-v-velden")
        left = [self.kaart, self.uit["legenda"], self.lijst]
        right = [self.uit["rekening"], self.uit["stromen"], self.uit["woorden"], self.bestanden]
        columns = [ipywidgets.VBox(one).add_class("wb-v-kolom") for one in (left, right)]
        style = ipywidgets.HTML(f"<style>{pages.text('verkenner.css')}</style>")
        board = ipywidgets.Box(columns).add_class("wb-v-bord")
        parts = [style.add_class("wb-v-stijl"), fields, self.uit["zin"], board]
        return ipywidgets.VBox(parts).add_class("wb-verkenner")

    def _chosen(self, change: Any) -> None:
        """Follow a field, the list or the map; what is set here itself is no choice."""
        if self._busy:
            return
        try:
            choice = self._next(change["owner"])
            self._fill(choice)
            self._show()
        except Fout as fout:
            self.uit["zin"].html = show.text(str(fout)).html
        except Exception:  # of the program: a visitor can choose something else
            logging.getLogger(__name__).exception("verkenner")
            self.uit["zin"].html = show.text(_BROKEN).html

    def _next(self, owner: Any) -> Choice:
        """Return the choice once `owner` changed."""
        choice, field = self.keuze, self.velden["gebied"]
        if owner is self.kaart:
            choice = choice._replace(buurten=self._known(self.kaart.gekozen, choice.jaar))
        elif owner is field and field.value != _OTHER:
            choice = choice._replace(buurten=self.explorer.quick(choice.jaar)[field.value])
        elif owner is self.velden["jaar"]:
            now = self._known(choice.buurten, choice.jaar)
            was_own = any(choice.buurten == self.explorer.own(j) for j in self.explorer.jaren)
            choice = choice._replace(
                buurten=self.explorer.own(choice.jaar) if was_own or not now else now
            )
        return choice

    def _known(self, codes: Iterable[str], jaar: int) -> frozenset[str]:
        """Return those of some codes that are a buurt of a year; a browser can send anything."""
        return frozenset(codes) & self.explorer.buurten(jaar).keys()

    def _fill(self, choice: Choice) -> None:
        """Set every field to a choice; `kleur` falls back on the first that the sector has."""
        layers = self.explorer.layers(choice.sector, choice.jaar, choice.sleutelset)
        kleur = choice.kleur if choice.kleur in layers else next(iter(layers))
        quick = self.explorer.quick(choice.jaar)
        name = next((n for n, part in quick.items() if part == choice.buurten), _OTHER)
        self._busy = True
        try:
            if self._drawn != choice.jaar:
                self._draw(choice.jaar)
                self.velden["gebied"].options = [*quick, _OTHER]
            _options(self.velden["kleur"], [(words, key) for key, words in layers.items()])
            self.velden["kleur"].value, self.velden["gebied"].value = kleur, name
            self.lijst.value = [c for _, c in self.lijst.options if c in choice.buurten]
            if set(self.kaart.gekozen) != choice.buurten:
                self.kaart.gekozen = sorted(choice.buurten)
        finally:
            self._busy = False

    def _draw(self, jaar: int) -> None:
        """Draw the buurten of a year on the map, and list them."""
        year = self.explorer.year(jaar)
        kaart = year.kaart
        plan = mapplan.of(kaart["geometry"])
        places = [[round(c, 1) for c in place] if place else None for place in plan.places]
        known = self.explorer.buurten(jaar)
        names = [known[code] for code in kaart["buurt"]]
        rows = zip(kaart["buurt"], names, plan.paths, places, strict=True)
        self.kaart.buurten = [list(row) for row in rows]
        self.kaart.vlak = [round(plan.width, 1), round(plan.height, 1)]
        listed = ((name, code) for code, name in known.items())
        _options(self.lijst, sorted(listed, key=lambda row: row[0].casefold()))
        self._drawn = jaar

    def _show(self) -> None:
        """Show what a choice leads to: first the sentence, last what takes longest."""
        self.bestanden.melding = ""
        choice = self.keuze
        if not choice.buurten:
            self.uit["zin"].html = show.text(_EMPTY).html
            self.uit["rekening"].html = self.uit["stromen"].html = ""
        else:
            said = show.text(*text.sentence(self.explorer, choice)).html
            self.uit["zin"].html = said
            self.uit["rekening"].html = text.account(self.explorer, choice).html
        on_map = text.on_map(self.explorer, choice)
        with self.kaart.hold_sync():
            self.kaart.titel, self.kaart.klassen = on_map.titel, on_map.klassen
            self.kaart.woorden = on_map.woorden
        legend = show.text(f"Op de kaart: {on_map.titel}.") + on_map.legenda + on_map.tabel
        legend += text.credits(self.explorer, choice)
        self.uit["legenda"].html = legend.html
        if choice.buurten:
            self.uit["stromen"].html = text.flows(self.explorer, choice).html

    def _save(self, _: Any, content: Any, buffers: Any) -> None:
        """Send the browser a file that it asked for."""
        kind = content.get("soort") if isinstance(content, dict) else None
        if kind not in files.KINDS:
            return
        try:
            name, body = files.make(self.explorer, self.keuze, kind)
        except Fout as fout:
            self.bestanden.melding = str(fout)
            return
        self.bestanden.melding = f"{name} is klaar. Kijk bij uw downloads."
        self.bestanden.send({"naam": name, "type": files.TYPES[kind]}, [body])

    def _repr_mimebundle_(self, **how: Any) -> Any:
        """Show the board in a notebook."""
        return self.box._repr_mimebundle_(**how)


def _options(field: Any, options: list[Any]) -> None:
    """Set the options of a field, unless it has these: a browser draws them all anew."""
    if list(field.options) != options:
        field.options = options


@lru_cache(maxsize=4)
def explorer(pilot: str) -> Explorer:
    """Return the books of a pilot, read once, with every year and key set. Raises Fout."""
    made = Explorer(pilot)
    made.prepare()
    text.words(made)
    return made


def board(pilot: str) -> Board:
    """Return the board of a pilot, or of the one that a server was started with.

    Raises Fout when there is no such pilot.
    """
    return Board(explorer(folders.served(pilot)))
