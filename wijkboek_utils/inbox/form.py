"""Contributing: choose, upload or fill in, look it over, send it in."""

import hashlib
from pathlib import PurePath

import ipywidgets

from wijkboek_utils import pilots, show
from wijkboek_utils.errors import Fout
from wijkboek_utils.inbox import buurten, database, limits, parts, preview, submissions
from wijkboek_utils.inbox.grid import NAME, About, Rows
from wijkboek_utils.local import header, marked, schema, template
from wijkboek_utils.local.contribution import Checked, Fault, Opened
from wijkboek_utils.local.faults import count, lines

FILES = ".csv,.xlsx,.geojson,.json,.gpkg,.zip"
_LISTED = 100  # faults


class Contribution:
    """The part of the page to contribute with."""

    def __init__(self, session: parts.Session) -> None:
        """Show the choices; nothing is read before somebody asks for it."""
        self._session = session
        self._message = parts.Message()
        own = session.person.pilot
        known = [own] if own else pilots.names()
        self._pilot = ipywidgets.Dropdown(
            description="Voor welke wijk",
            options=[(f"{p.naam} ({p.gemeentenaam})", p.slug) for p in map(buurten.told, known)],
            value=session.pilot if session.pilot in known else known[0],
        )
        self._kind = ipywidgets.Dropdown(
            description="Wat voor gegevens",
            options=[(schema.load(kind).title, kind) for kind in schema.KINDS],
        )
        self._way = ipywidgets.Dropdown(
            description="Hoe geeft u ze",
            options=[("Ik heb een bestand", "bestand"), ("Ik vul rijen in", "rijen")],
        )
        self._words = parts.html("")
        self._upload = ipywidgets.FileUpload(accept=FILES, description="Kies een bestand")
        self._file = parts.html("")
        self._rows: dict[tuple[str, str], Rows] = {}
        self._input = ipywidgets.VBox()
        self._about = About()
        self._result = parts.html("")
        self._looked = ""  # what was looked over without faults
        self._send = parts.button("Stuur in", self._submit, self._message, main=True)
        self.box = parts.group(
            parts.html("<h2>Bijdragen</h2><h3>1. Kies</h3>"),
            parts.group(self._pilot, self._kind, self._way, name="wb-keuze"),
            self._words,
            parts.html("<h3>2. Geef de gegevens</h3>"),
            self._input,
            parts.html("<h3>3. Vertel wat het is</h3>"),
            self._about.box,
            parts.html("<h3>4. Kijk na en stuur in</h3>"),
            parts.button("Kijk na", self._look, self._message),
            self._message.box,
            self._result,
            self._send,
            name="wb-deel",
        )
        for choice in (self._pilot, self._kind, self._way):
            choice.observe(self._choose, "value")
        self._upload.observe(self._uploaded, "value")
        self._choose()

    def close(self) -> None:
        """Take everything away, also what is not in sight."""
        for one in (self.box, self._upload, self._file, *(r.box for r in self._rows.values())):
            parts.close(one)

    def _choose(self, _: object = None) -> None:
        """Show what belongs to the choices."""
        kind = self._kind.value
        told = schema.load(kind)
        links = [
            parts.download(f"Sjabloon {form.upper()}", f"{kind}.{form}", make(kind))
            for form, make in (("xlsx", template.xlsx), ("csv", template.csv))
        ]
        self._words.value = show.text(told.help, told.why).html + f"<p>{' '.join(links)}</p>"
        if self._way.value == "bestand":
            most = limits.SIZE // 1_000_000
            words = f"CSV, XLSX, GeoJSON, GeoPackage of Shapefile (zip), hoogstens {most} MB."
            self._input.children = [parts.html(show.text(words).html), self._upload, self._file]
        else:
            key = (kind, self._pilot.value)
            if key not in self._rows:
                self._rows[key] = Rows(*key, self._message)
            self._input.children = [self._rows[key].box]
        self._forget()

    def _uploaded(self, _: object) -> None:
        """Take over what a file says of itself, where nothing was filled in yet."""
        self._forget()
        self._file.value = ""
        if self._upload.value:
            content, name = self._given()
            size = f"{max(len(content) / 1000, 1):.0f} kB"
            self._file.value = show.text(f"Gekozen: {name} ({size}).").html
            if len(content) <= limits.SIZE:
                about = submissions.opened(content, name).about
                self._about.fill({header.about_name(k): v for k, v in about.items()})

    def _forget(self) -> None:
        self._looked, self._result.value = "", ""
        self._message.clear()

    def _given(self) -> tuple[bytes, str]:
        """Return the file that was uploaded, or the rows as one."""
        if self._way.value == "rijen":
            return self._rows[self._kind.value, self._pilot.value].content(), NAME
        if not self._upload.value:
            raise Fout("Kies eerst een bestand, of kies hierboven «Ik vul rijen in».")
        file = self._upload.value[0]
        # The name is of the visitor's making, and only its last part says something.
        name = PurePath(str(file["name"]).replace("\\", "/")).name[:120] or "bestand"
        return bytes(file["content"]), name

    @property
    def _print(self) -> str:
        """Return a checksum of everything that would be sent in."""
        content, name = self._given()
        whole = (content, name, self._about.values(), self._kind.value, self._pilot.value)
        return hashlib.sha256(repr(whole).encode()).hexdigest()

    def _look(self) -> None:
        """Look everything over, and say what is wrong beside the fields and in a list."""
        self._forget()
        content, name = self._given()
        limits.check_size(len(content))
        told = (content, name, self._about.values(), self._kind.value, self._pilot.value)
        opened, checked = submissions.examine(*told)
        rest = self._about.tell(checked.faults)
        faults = list(checked.faults)
        if self._way.value == "rijen":
            rows = self._rows[self._kind.value, self._pilot.value]
            rows.tell(rest)
            faults = rows.on_page(faults)
        if faults:
            self._refused(content, opened, faults)
            return
        self._looked = self._print
        self._result.value = (preview.content(checked, self._pilot.value) + _notes(checked)).html
        self._message.say("Er zijn geen fouten. Kijk of het klopt, en stuur het in.")

    def _refused(self, content: bytes, opened: Opened, faults: list[Fault]) -> None:
        more = show.bullets(lines(faults, _LISTED))
        if self._way.value == "bestand" and not opened.faults:
            copy = marked.copy(content, opened, faults)
            name = f"{PurePath(opened.name).stem}-nagekeken.xlsx"
            link = parts.download("Haal een kopie op waarin de fouten staan", name, copy)
            more += show.Html(f"<p>{link}</p>")
        words = f"{count(faults)}. Verbeter ze, en kijk het dan opnieuw na."
        self._message.say(words, good=False, more=more)

    def _submit(self) -> None:
        """Send in what was looked over, and give its number."""
        if not self._looked or self._looked != self._print:
            raise Fout("Kijk het eerst na, met de knop «Kijk na». Zonder fouten kan het erin.")
        content, name = self._given()
        with database.connection() as base:
            one = submissions.submit(
                base,
                self._session.person,
                self._pilot.value,
                self._kind.value,
                name,
                content,
                self._about.values(),
            )
        self._looked, self._result.value, self._upload.value = "", "", ()
        self._rows.pop((one.kind, one.pilot), None)
        self._choose()
        self._session.refresh()
        self._message.say(
            f"Uw bijdrage is ontvangen en heeft nummer {one.receipt}. Iemand anders kijkt ernaar. "
            "Hieronder ziet u hoe het ermee staat."
        )


def _notes(checked: Checked) -> show.Html:
    if not checked.notes:
        return show.Html("")
    return show.text("Let hier nog op; het houdt niets tegen:") + show.bullets(
        lines(checked.notes, _LISTED)
    )
