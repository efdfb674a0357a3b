"""What became of what somebody sent, and for beoordelaars: what waits, to accept or refuse."""

import ipywidgets
import pandas as pd

from wijkboek_utils import dutch, show
from wijkboek_utils.errors import Fout
from wijkboek_utils.inbox import buurten, database, decisions, parts, preview, submissions
from wijkboek_utils.inbox.submissions import Submission
from wijkboek_utils.local import schema
from wijkboek_utils.local.contribution import Checked
from wijkboek_utils.local.faults import lines
from wijkboek_utils.show import Html

_NONE = ("kies", "")


class Own:
    """What somebody sent (a beheerder sees all), how it stands, and how to take it back."""

    def __init__(self, session: parts.Session) -> None:
        """Show the list."""
        self._session, self._message = session, parts.Message()
        self._list = parts.html("")
        self._which = ipywidgets.Dropdown(description="Welke inzending", options=[_NONE])
        self._sure = ipywidgets.Checkbox(
            description="Ja, ik wil deze inzending intrekken. De gegevens worden gewist.",
            indent=False,
        )
        button = parts.button("Trek in", self._withdraw, self._message)
        self._back = parts.group(
            parts.html("<h3>Intrekken</h3>"), self._which, self._sure, button, name="wb-keuze"
        )
        title = "Alle inzendingen" if session.person.manages else "Uw inzendingen"
        self.box = parts.group(
            parts.html(f"<h2>{title}</h2>"),
            parts.button("Ververs de lijst", self.refresh, self._message),
            self._list,
            self._message.box,
            self._back,
            name="wb-deel",
        )
        self.refresh()

    def refresh(self) -> None:
        """Show the list as it is now."""
        with database.connection() as base:
            sent = submissions.sent_by(base, self._session.person)
        self._list.value = _table(sent).html if sent else show.text("U stuurde nog niets in.").html
        back = [one for one in sent if one.state in ("wacht", "aangenomen")]
        self._which.options = [_NONE, *((_name(one), one.id) for one in back)]
        self._back.layout.display = None if back else "none"

    def _withdraw(self) -> None:
        if not self._which.value or not self._sure.value:
            raise Fout("Kies een inzending en zet het vinkje erbij.")
        with database.connection() as base:
            one = decisions.withdraw(base, self._session.person, self._which.value)
        self._sure.value = False
        self._session.refresh()
        self._message.say(f"{one.receipt} is ingetrokken en gewist.")


class Desk:
    """What waits for a beoordelaar."""

    def __init__(self, session: parts.Session) -> None:
        """Show what waits."""
        self._session, self._message = session, parts.Message()
        self._count = parts.html("")
        self._which = ipywidgets.Dropdown(description="Welke inzending", options=[_NONE])
        self._content = parts.html("")
        self._reason = ipywidgets.Textarea(description="Waarom weigert u", rows=3)
        self._seen = ""
        self._judge = parts.group(
            parts.button("Neem aan", self._accept, self._message, main=True),
            parts.html(show.text("Of weiger het. De inzender leest waarom.").html),
            self._reason,
            parts.button("Weiger", self._refuse, self._message),
            name="wb-keuze",
        )
        self.box = parts.group(
            parts.html("<h2>Beoordelen</h2>"),
            parts.button("Ververs de wachtkamer", self.refresh, self._message),
            self._count,
            parts.group(self._which, name="wb-keuze"),
            parts.button("Bekijk", self._show, self._message),
            self._message.box,
            self._content,
            self._judge,
            name="wb-deel",
        )
        self.refresh()

    def refresh(self) -> None:
        """Show what waits now."""
        with database.connection() as base:
            found = submissions.waiting(base, self._session.person)
        words = "Er wacht niets op u."
        if found:
            words = dutch.plural(len(found), "inzending wacht", "inzendingen wachten")
            words = f"{words} op een beoordelaar."
        self._count.value = show.text(words).html
        self._which.options = [_NONE, *((_name(one), one.id) for one in found)]
        self._close()

    def _close(self) -> None:
        self._seen, self._content.value = "", ""
        self._judge.layout.display = "none"

    def _show(self) -> None:
        if not (ident := self._which.value):
            raise Fout("Kies eerst een inzending.")
        self._message.clear()
        with database.connection() as base:
            one, file = submissions.content(base, self._session.person, ident)
            told = (one.name, one.about, one.kind, one.pilot)
            _, checked = submissions.examine(file, *told)
            earlier = submissions.earlier(base, one)
            compared = Html("")
            if earlier is not None and not checked.faults:
                compared = preview.differences(checked.rows, earlier[1].rows, earlier[0].receipt)
        self._content.value = (_head(one) + _inside(one, checked) + compared).html
        self._seen = ident
        self._judge.layout.display = None

    def _accept(self) -> None:
        with database.connection() as base:
            one = decisions.accept(base, self._session.person, self._chosen())
        self._session.refresh()
        self._message.say(
            f"{one.receipt} is aangenomen. De gegevens komen in het volgende rapport."
        )

    def _refuse(self) -> None:
        with database.connection() as base:
            person = self._session.person
            one = decisions.refuse(base, person, self._chosen(), self._reason.value)
        self._reason.value = ""
        self._session.refresh()
        self._message.say(f"{one.receipt} is geweigerd. De inzender ziet waarom.")

    def _chosen(self) -> str:
        """Return what is shown: who judges has seen it."""
        if not self._seen or self._seen != self._which.value:
            raise Fout("Bekijk de inzending eerst.")
        return self._seen


def _name(one: Submission) -> str:
    return f"{one.receipt}: {schema.load(one.kind).title}, {one.pilot}"


def _table(sent: list[Submission]) -> Html:
    rows = [
        {
            "nummer": one.receipt,
            "wat": schema.load(one.kind).title,
            "wijk": one.pilot,
            "van": one.sender_name,
            "gestuurd": dutch.day(one.sent[:10]),
            "stand": submissions.WORDS[one.state],
            "door": one.judge_name or "",
            "uitleg": one.reason,
        }
        for one in sent
    ]
    return show.table(pd.DataFrame(rows), "Inzendingen en hoe het ermee staat")


def _head(one: Submission) -> Html:
    fields = {field.name: field.title for field in schema.about().fields}
    told = [(fields[name], text) for name, text in one.about.items() if name in fields]
    facts = [
        ("Nummer", one.receipt),
        ("Van", one.sender_name),
        ("Wijk", buurten.told(one.pilot).naam),
        ("Bestand", one.name),
        *told,
    ]
    frame = pd.DataFrame(facts, columns=["wat", "inhoud"])
    return show.table(frame, f"Over inzending {one.receipt}")


def _inside(one: Submission, checked: Checked) -> Html:
    if checked.faults:
        words = "Dit bestand heeft nu fouten; het kan niet worden aangenomen."
        return show.text(words) + show.bullets(lines(checked.faults))
    notes = lines(checked.notes)
    told = show.text("Let hierop:") + show.bullets(notes) if notes else Html("")
    return preview.content(checked, one.pilot) + told
