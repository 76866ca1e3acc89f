"""What commands read: the files that are named or set, or Firestore. Nothing is made by looking."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from shared import wiring
from shared.ports import Ballots, Journal, Store
from shared.settings import GOOGLE, Settings, read_settings


def _settings() -> Settings:
    """The settings as they are now."""
    return read_settings(os.environ)


def in_firestore() -> bool:
    """Whether runs and fixes are kept in Firestore."""
    return _settings().backend == GOOGLE


@contextmanager
def kept_store(path: Path | None) -> Iterator[Store]:
    """Where runs are kept; a sentence where there is nothing yet."""
    if path is None and in_firestore():
        yield wiring.store()
        return
    from shared.adapters.sqlite_store import SqliteStore

    chosen = path or _settings().store
    if not chosen.exists():
        raise click.ClickException(
            f"there is no store at {chosen}: `unforbid serve` and `unforbid demo` make one; name another with --store"
        )
    with closing(SqliteStore(chosen)) as store:
        yield store


@contextmanager
def kept_journal() -> Iterator[Journal | None]:
    """The journal of fixes; None where there is none yet."""
    if in_firestore():
        yield wiring.journal()
        return
    from shared.adapters.sqlite_journal import SqliteJournal

    path = _settings().journal
    if not path.exists():
        yield None
        return
    with closing(SqliteJournal(path)) as journal:
        yield journal


@contextmanager
def kept_ballots(path: Path | None) -> Iterator[Ballots | None]:
    """Where questions, votes and people are kept; None where there is nothing yet."""
    if path is not None and not path.exists():
        raise click.ClickException(f"there are no questions at {path}: is that the right file?")
    if (path is None and in_firestore()) or _file(path).exists():
        with opened_ballots(path) as ballots:
            yield ballots
    else:
        yield None


@contextmanager
def opened_ballots(path: Path | None) -> Iterator[Ballots]:
    """The same, made where it is not there yet."""
    if path is None and in_firestore():
        yield wiring.ballots()
        return
    from shared.adapters.sqlite_ballots import SqliteBallots

    with closing(SqliteBallots(_file(path))) as ballots:
        yield ballots


def _file(path: Path | None) -> Path:
    return path or _settings().journal.with_name("ballots.db")
