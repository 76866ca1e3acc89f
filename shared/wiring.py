"""Adapters built from settings, once, on first use."""

from __future__ import annotations

import atexit
import os
import secrets
import socket
import threading
import time
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from shared.adapters.merging_recorder import FLUSH_EVERY, MergingRecorder
from shared.adapters.sqlite_store import SqliteStore
from shared.adapters.system_clock import SystemClock
from shared.errors import StoreUnavailable
from shared.log import log
from shared.ports import Clock, Guards, Recorder, Store
from shared.settings import Settings, read_settings

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients
    from shared.adapters.sqlite_journal import SqliteJournal
    from shared.grants.catalogue import Catalogue
    from shared.live import Live
    from shared.pipeline.execute import Workshop


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings(os.environ)


@cache
def clock() -> Clock:
    """The machine's clock."""
    return SystemClock()


@cache
def store() -> Store:
    """The embedded store."""
    return SqliteStore(settings().store)


@cache
def recorder() -> Recorder:
    """This process's recorder, flushed once a second and when the process ends."""
    made = MergingRecorder(store(), clock(), settings().merge_for)
    atexit.register(_flush, made)
    threading.Thread(target=_flush_forever, args=(made,), name="unforbid-flush", daemon=True).start()
    return made


@cache
def live() -> Live:
    """What asks Google: one client for each service, made when it is first asked."""
    from shared.adapters.google_facts import GoogleFacts
    from shared.evidence.case import Ours
    from shared.live import Live

    known = settings()
    facts = GoogleFacts(google_clients())
    ours = Ours(organization=known.organization, attachable=known.attachable)
    return Live(facts=facts, catalogue=catalogue, ours=ours)


@cache
def journal() -> SqliteJournal:
    """The embedded journal, which is the queue as well."""
    from shared.adapters.sqlite_journal import SqliteJournal

    return SqliteJournal(settings().journal)


@cache
def guards() -> Guards:
    """The embedded switches, budgets and breakers."""
    from shared.adapters.sqlite_guards import SqliteGuards

    return SqliteGuards(settings().guards)


def workshop() -> Workshop:
    """Everything that carrying out a fix takes, for one invocation: only here is the port that writes handed out."""
    from shared.adapters.google_cloud import GoogleCloud
    from shared.adapters.google_sight import GoogleSight
    from shared.pipeline.execute import Workshop

    clients = google_clients()
    return Workshop(
        guards=guards(),
        sight=GoogleSight(clients),
        cloud=GoogleCloud(clients),
        journal=journal(),
        queue=journal(),
        clock=clock(),
        worker=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}",
    )


def pause(wait: timedelta) -> None:
    """Let time pass before the next step of a fix."""
    time.sleep(wait.total_seconds())


@cache
def google_clients() -> GoogleClients:
    """One client for each service of Google, made when it is first needed."""
    from shared.adapters.google_clients import GoogleClients

    return GoogleClients(settings().endpoint, settings().quota_project)


def live_if_asked_for() -> Live | None:
    """What asks Google, where the settings say that each new denial is to be looked into."""
    return live() if settings().look else None


@cache
def catalogue() -> Catalogue | None:
    """The organisation's roles, None where they were never read (`unforbid roles refresh`)."""
    from shared.adapters.role_file import open_catalogue

    return open_catalogue(settings().roles) if settings().roles.is_file() else None


def _flush_forever(made: Recorder) -> None:
    waiting = threading.Event()
    while not waiting.wait(FLUSH_EVERY.total_seconds()):
        _flush(made)


def _flush(made: Recorder) -> None:
    try:
        made.flush()
    except StoreUnavailable as error:
        log("counts_not_written", severity="ERROR", reason=str(error))
