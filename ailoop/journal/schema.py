"""The tables of a journal file, and how an older file comes to have them.

``PRAGMA application_id`` tells our files from others, ``PRAGMA user_version`` is the version
of the schema (SQLite's documentation, "PRAGMA Statements").
"""

from __future__ import annotations

import sqlite3

__all__ = [
    "APPLICATION_ID",
    "VERSION",
    "SchemaError",
    "check_present",
    "prepare",
    "read_version",
]

APPLICATION_ID = 0x61696C70
"""``ailp`` in ASCII."""

VERSION = 1

_VERSION_1 = """
CREATE TABLE channels (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- The last entry that retention has removed, and the end of the chain up to it.
    trimmed INTEGER NOT NULL,
    trimmed_hash BLOB NOT NULL,
    -- The last entry there is, so that one missing at the end is missed.
    head INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    messages INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE entries (
    channel INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at REAL NOT NULL,
    id BLOB NOT NULL,
    prompt INTEGER NOT NULL,  -- whether it waits for a person
    answers BLOB,             -- of a response, the id of its prompt
    void INTEGER NOT NULL DEFAULT 0,
    hash BLOB NOT NULL,       -- of this entry and the hash before it
    message BLOB NOT NULL,
    PRIMARY KEY (channel, seq)
) WITHOUT ROWID;
CREATE INDEX entries_by_prompt ON entries (answers, seq) WHERE answers IS NOT NULL;
CREATE TABLE prompts (
    id BLOB NOT NULL,
    channel INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    open INTEGER NOT NULL DEFAULT 1,  -- 0 is certain, 1 is to be decided by its responses
    PRIMARY KEY (channel, seq)
) WITHOUT ROWID;
CREATE INDEX prompts_by_id ON prompts (id);
CREATE INDEX open_prompts ON prompts (channel, seq) WHERE open;
CREATE TABLE shown (
    channel INTEGER NOT NULL,
    seq INTEGER NOT NULL,  -- of the prompt
    state TEXT NOT NULL,   -- delivered or seen
    name TEXT NOT NULL,    -- of the person, or of the surface
    at REAL NOT NULL,
    PRIMARY KEY (channel, seq, state, name)
) WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""

_MIGRATIONS = [_VERSION_1]
"""What makes version n + 1 of version n; version 0 is an empty file."""


class SchemaError(Exception):
    """The file is not one that this version can use; its text is for a person."""


def prepare(connection: sqlite3.Connection) -> None:
    """Bring a file to the present schema, or refuse it untouched.

    :raises SchemaError: it is of something else, or of a later version.
    """
    version = read_version(connection)
    for number, script in enumerate(_MIGRATIONS[version:], version + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE; {script}"
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number}; COMMIT;"
        )


def check_present(connection: sqlite3.Connection) -> None:
    """Check that a file has the present schema, for who only reads.

    :raises SchemaError: it is of something else, or of another version.
    """
    version = read_version(connection)
    if version == 0:
        raise SchemaError("it is empty")
    if version < VERSION:
        raise SchemaError(
            f"it has schema version {version}; a daemon that is started on it makes "
            f"version {VERSION} of it"
        )


def read_version(connection: sqlite3.Connection) -> int:
    """Return a file's version of the schema; that of an empty file is 0.

    :raises SchemaError: it is of something else, or of a later version.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (application or version or tables):
        raise SchemaError("it is a SQLite database of something else")
    if version > VERSION:
        raise SchemaError(
            f"it has schema version {version}, this ailoop knows up to {VERSION}; "
            "use the version that wrote it, or a later one"
        )
    return int(version)
