"""The file of the inbox: one SQLite database that loses nothing it has acknowledged.

Write-ahead log with `synchronous=FULL`: a commit returns after the log is on the disk, and a
process that is killed leaves the whole step or none of it (https://www.sqlite.org/pragma.html).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from wijkboek_utils import sources
from wijkboek_utils.errors import Fout

FOLDER = sources.ROOT / "data" / "inbox"
FILE = FOLDER / "inbox.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('bijdrager', 'beoordelaar', 'beheerder')),
    pilot TEXT,
    digest BLOB NOT NULL,
    made TEXT NOT NULL,
    revoked TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS submissions (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    sender INTEGER NOT NULL REFERENCES people (id),
    pilot TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    content BLOB,
    size INTEGER NOT NULL,
    sent TEXT NOT NULL,
    keep_until TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'wacht'
        CHECK (state IN ('wacht', 'aangenomen', 'geweigerd', 'ingetrokken')),
    reason TEXT NOT NULL DEFAULT '',
    judge INTEGER REFERENCES people (id),
    judged TEXT,
    settled INTEGER NOT NULL DEFAULT 1,
    CHECK (judge IS NULL OR judge <> sender)
) STRICT;
CREATE INDEX IF NOT EXISTS by_state ON submissions (state, pilot);
CREATE TABLE IF NOT EXISTS log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    submission TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS attempts (at TEXT NOT NULL, visit TEXT NOT NULL) STRICT;
CREATE TRIGGER IF NOT EXISTS log_is_not_changed BEFORE UPDATE ON log
    BEGIN SELECT RAISE(ABORT, 'het logboek verandert niet'); END;
CREATE TRIGGER IF NOT EXISTS log_is_not_erased BEFORE DELETE ON log
    BEGIN SELECT RAISE(ABORT, 'het logboek verandert niet'); END;
CREATE TRIGGER IF NOT EXISTS states_follow_their_order BEFORE UPDATE OF state ON submissions
    WHEN NOT (OLD.state = 'wacht' AND NEW.state <> 'wacht'
              OR OLD.state = 'aangenomen' AND NEW.state = 'ingetrokken')
    BEGIN SELECT RAISE(ABORT, 'deze stap bestaat niet'); END;
"""


def now() -> str:
    """Return the moment, in UTC, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@contextmanager
def connection(path: Path = FILE) -> Iterator[sqlite3.Connection]:
    """Open the inbox, made when it is not there; every statement commits unless in `step`."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)  # of the owner alone: contact details wait here
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as base:
        base.row_factory = sqlite3.Row
        base.execute("PRAGMA busy_timeout = 30000")
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = FULL")
        base.execute("PRAGMA foreign_keys = ON")
        base.execute("PRAGMA secure_delete = ON")
        if base.execute("PRAGMA user_version").fetchone()[0] == 0:
            base.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = 1; COMMIT;")
        yield base


@contextmanager
def step(base: sqlite3.Connection) -> Iterator[None]:
    """Do what stands inside whole or not at all; nobody else writes meanwhile."""
    base.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        base.execute("ROLLBACK")
        raise
    base.execute("COMMIT")


def note(base: sqlite3.Connection, who: str, what: str, submission: str | None = None) -> None:
    """Add a line to the log, which nobody can change after that."""
    base.execute(
        "INSERT INTO log (at, who, what, submission) VALUES (?, ?, ?, ?)",
        (now(), who, what, submission),
    )


def forget(base: sqlite3.Connection) -> bool:
    """Empty the write-ahead log, which still holds what was erased; return whether it is empty.

    Whoever reads at that moment may hold it; then the next step or `wijkboek inbox clean` does it.
    """
    return base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


def backup(base: sqlite3.Connection, path: Path) -> None:
    """Copy the inbox to a new file of the owner alone, whole, also while others write to it."""
    if path.exists():
        raise Fout(f"{path} bestaat al. Kies een andere naam.")
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as copy:
        base.backup(copy)
