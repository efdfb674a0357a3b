"""How much may wait, so that one visitor cannot fill the disk or bury the beoordelaars."""

import sqlite3
from datetime import UTC, datetime, timedelta

from wijkboek_utils.errors import Fout

SIZE = 10_000_000  # bytes of one file
PER_HOUR = 30  # files of one person
PER_HOUR_IN_ALL = 300
QUEUE = 500  # files that wait
ROOM = 2_000_000_000  # bytes of all files in the inbox


def check_size(size: int) -> None:
    """Refuse a file that is too large, or empty."""
    if size > SIZE:
        raise Fout(
            f"Dit bestand is {size / 1e6:.1f} MB; er past {SIZE // 1_000_000} MB.".replace(".", ",")
            + " Verdeel de rijen over twee bestanden."
        )
    if size == 0:
        raise Fout("Dit bestand is leeg. Kies het bestand opnieuw.")


def check_room(base: sqlite3.Connection, sender: int, size: int) -> None:
    """Refuse when somebody sends too much, or too much waits. Called inside the step that adds."""
    hour = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="microseconds")
    if _one(base, "count(*)", "sender = ? AND sent >= ?", sender, hour) >= PER_HOUR:
        raise Fout(f"U stuurde dit uur al {PER_HOUR} bestanden. Probeer het over een uur weer.")
    if _one(base, "count(*)", "sent >= ?", hour) >= PER_HOUR_IN_ALL:
        raise Fout("Er komt nu te veel tegelijk binnen. Probeer het over een uur weer.")
    if _one(base, "count(*)", "state = 'wacht'") >= QUEUE:
        raise Fout("De wachtkamer is vol. Vraag de beoordelaars om eerst na te kijken wat er ligt.")
    if _one(base, "coalesce(sum(length(content)), 0)", "content IS NOT NULL") + size > ROOM:
        raise Fout("De wachtkamer is vol. Vraag de beheerder om oude bestanden op te ruimen.")


def _one(base: sqlite3.Connection, what: str, where: str, *values: object) -> int:
    query = f"SELECT {what} FROM submissions WHERE {where}"
    return int(base.execute(query, values).fetchone()[0])
