"""Adapters built from settings, once, on first use."""

from __future__ import annotations

import atexit
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from shared.adapters.merging_recorder import FLUSH_EVERY, MergingRecorder
from shared.adapters.sqlite_store import SqliteStore
from shared.adapters.system_clock import SystemClock
from shared.errors import SettingsError, StoreUnavailable
from shared.log import log
from shared.settings import GOOGLE, Settings, read_settings
from shared.waking_settings import WAKING

if TYPE_CHECKING:
    from shared.adapters.caller_identity import CallerIdentity
    from shared.adapters.firestore_database import FirestoreDatabase
    from shared.adapters.firestore_journal import FirestoreJournal
    from shared.adapters.google_clients import GoogleClients
    from shared.adapters.slack_clicks import SlackClicks
    from shared.adapters.sqlite_journal import SqliteJournal
    from shared.deciding import Station
    from shared.errands import Errands
    from shared.flows import After
    from shared.following import Desk
    from shared.grants.catalogue import Catalogue
    from shared.judging import Judge
    from shared.live import Live
    from shared.model.journal import Line, Link
    from shared.pipeline.workshop import Workshop
    from shared.policy.keeper import Kept
    from shared.policy.versions import InForce
    from shared.ports import Ballots, Clock, Directory, Guards, Queue, Recorder, Store


def forget() -> None:
    """Forget every part that was made: the next use reads the settings again, as a new process would."""
    for part in globals().values():
        if hasattr(part, "cache_clear"):
            part.cache_clear()


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings(os.environ)


@cache
def clock() -> Clock:
    """Google's clock in production, else the machine's."""
    if settings().backend != GOOGLE:
        return SystemClock()
    from shared.adapters.firestore_clock import FirestoreClock

    def tell(wrong: str) -> None:
        log("clock", severity="WARNING", reason=f"{wrong}: Google's time is used")

    return FirestoreClock(firestore("queue"), SystemClock().now, tell)


def stranger(authorization: str) -> str:
    """Why whoever sent a request is none of our callers, "" for one that is, or where everybody on this machine may.

    Raises:
        SettingsError: who may call is not set where it has to be.
    """
    known = callers()
    return known.stranger(authorization) if known is not None else ""


@cache
def callers() -> CallerIdentity | None:
    """Who may call this function; None on this machine, where nobody else can."""
    known = settings()
    if known.backend != GOOGLE and not known.audience:
        return None
    if not known.audience or not known.callers:
        raise SettingsError(["UNFORBID_AUDIENCE and UNFORBID_CALLERS must be set: who calls would not be checked"])
    from shared.adapters.caller_identity import CallerIdentity

    return CallerIdentity(known.audience, known.callers, clock(), in_front="K_SERVICE" in os.environ)


@cache
def store() -> Store:
    """The store: embedded, or Firestore."""
    if settings().backend != GOOGLE:
        return SqliteStore(settings().store)
    from shared.adapters.firestore_store import FirestoreStore

    return FirestoreStore(firestore("runs"))


@cache
def firestore(concern: str) -> FirestoreDatabase:
    """The production database of a concern; it is reached when it is first used."""
    from shared.adapters.firestore_database import FirestoreDatabase, name_of

    return FirestoreDatabase(settings().project, name_of(concern, settings().database))


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
    ours = Ours(organization=known.organization, attachable=known.attachable, identities=known.gate.identities)
    return Live(facts=facts, catalogue=catalogue, ours=ours, judge=judge())


@cache
def judge() -> Judge | None:
    """What decides by written rules; None where there are none, and nothing is permitted."""
    known = settings().gate
    if known.policy is None:
        return None
    from shared.adapters.google_facts import GoogleFacts
    from shared.judging import Judge

    return Judge(
        rules=rules(known.policy),
        guards=guards(),
        enforcing=known.enforcing,
        facts=GoogleFacts(google_clients()),
        directory=directory(),
        ours=known.identities,
        protected=known.protected,
        domains=known.domains,
        organization=settings().organization,
    )


@cache
def rules(path: Path) -> Callable[[datetime], InForce]:
    """The policy of now; what is wrong with it is logged when it is read.

    In production those alone keep versions who carry something out: whoever reads denials cannot make one look older.
    """
    from shared.policy.held import Held
    from shared.policy.keeper import current

    known = settings()
    noting = known.backend != GOOGLE or not known.gate.enforcing or bool(known.waking.own)

    def read(now: datetime) -> InForce:
        found = current(path, policy_versions(), now, noting=noting)
        for said in found.told:
            log("policy", severity="WARNING", reason=said)
        return found

    return Held(read)


@cache
def policy_versions() -> Kept:
    """Where good versions of the policy are kept: in a folder, or in Firestore, where a machine keeps no files."""
    if settings().backend != GOOGLE:
        from shared.adapters.policy_folder import PolicyFolder

        return PolicyFolder(settings().gate.kept)
    from shared.adapters.firestore_policy import FirestorePolicy

    return FirestorePolicy(firestore("policy"))


@cache
def directory() -> Directory:
    """The organisation's directory, each answer held for a minute."""
    from shared.adapters.cloud_identity import CloudIdentityDirectory

    return CloudIdentityDirectory(clock(), settings().endpoint)


@cache
def ballots() -> Ballots:
    """Questions to people and their votes: embedded, or in Firestore."""
    if settings().backend != GOOGLE:
        from shared.adapters.sqlite_ballots import SqliteBallots

        return SqliteBallots(settings().journal.with_name("ballots.db"))
    from shared.adapters.firestore_ballots import FirestoreBallots

    return FirestoreBallots(firestore("ballots"))


@cache
def station() -> Station:
    """Everything that asking people takes."""
    from shared.deciding import Station

    return Station(ballots=ballots(), directory=directory(), clock=clock(), domains=settings().gate.domains)


@cache
def desk() -> Desk | None:
    """What follows up a decision; None where there are no rules and nobody is shown anything."""
    known = settings()
    if known.gate.policy is None and not known.slack.channel:
        return None
    from shared.following import Desk
    from shared.preparing import Planner
    from shared.slack import room

    planner = Planner(live=live(), journal=journal(), clock=clock())
    shown_in = room(known.slack, ballots(), store(), clock())
    return Desk(planner=planner, station=station(), store=store(), queue=queue(), guards=guards(), room=shown_in)


def errands() -> Errands | None:
    """What is done beside carrying out fixes."""
    from shared import clicks, webhooks
    from shared.approvals.webhook import still_says
    from shared.errands import Errands
    from shared.slack import verifier

    at, known = desk(), settings()
    if at is None:
        return None
    signed = partial(still_says, keys=known.gate.webhook_keys)
    return Errands(
        desk=at,
        proofs={clicks.CHANNEL: verifier(known.slack, ballots()), webhooks.CHANNEL: signed},
        accounts=known.gate.identities,
    )


@cache
def slack_clicks() -> SlackClicks:
    """What answers clicks in Slack."""
    from shared.slack import clicks

    return clicks(settings().slack, station(), store(), queue())


@cache
def journal() -> SqliteJournal | FirestoreJournal:
    """The journal of fixes: embedded, or Firestore."""
    if settings().backend != GOOGLE:
        from shared.adapters.sqlite_journal import SqliteJournal

        return SqliteJournal(settings().journal)
    from shared.adapters.firestore_journal import FirestoreJournal

    def copy(line: Line, link: Link) -> None:
        log("journal", head=link.noted, line=line)

    return FirestoreJournal(firestore("journal"), tell=copy)


def queue() -> Queue:
    """What is due when: the embedded journal keeps it itself, beside Firestore stands a queue of Cloud Tasks."""
    from shared.adapters.sqlite_journal import SqliteJournal

    kept = journal()
    return kept if isinstance(kept, SqliteJournal) else tasks()


@cache
def tasks() -> Queue:
    """Documents in Firestore, and tasks that wake the executor."""
    from shared.adapters.cloud_tasks import CloudTasksQueue, Wakes, WakesByFamily
    from shared.adapters.firestore_queue import FirestoreQueue
    from shared.execution.families import route
    from shared.model.items import COMPARED, ENDS

    known, waiting = settings().waking, FirestoreQueue(firestore("queue"))
    if not known.queues and settings().gate.enforcing:
        raise SettingsError([f"{', '.join(WAKING)} must be set where fixes are carried out"])
    if not known.queues:
        return waiting  # nothing is carried out, so nobody is there to be woken
    by_family = {
        family: Wakes(queue, known.urls[family], known.invoker, known.endpoint)
        for family, queue in known.queues.items()
    }
    wakes = WakesByFamily(by_family, lambda item: route(item, journal(), known.families))
    return CloudTasksQueue(waiting, wakes, clock(), swept=(ENDS, COMPARED))


@cache
def guards() -> Guards:
    """The switches, budgets and breakers: embedded, or in Firestore, the same for every process."""
    if settings().backend != GOOGLE:
        from shared.adapters.sqlite_guards import SqliteGuards

        return SqliteGuards(settings().guards)
    from shared.adapters.firestore_guards import FirestoreGuards

    return FirestoreGuards(firestore("guards"))


def workshop() -> Workshop:
    """Everything that carrying out a fix takes, for one invocation: only here is the port that writes handed out."""
    from shared.adapters.google_cloud import GoogleCloud
    from shared.adapters.google_sight import GoogleSight
    from shared.execution.families import Families
    from shared.pipeline.workshop import Workshop

    clients, known = google_clients(), settings().waking
    return Workshop(
        guards=guards(),
        sight=GoogleSight(clients),
        cloud=GoogleCloud(clients),
        journal=journal(),
        queue=queue(),
        clock=clock(),
        errands=errands(),
        families=Families(own=known.own, on=known.families),
        ours=settings().gate.identities,
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


@cache
def after() -> After:
    """What is done with a new denial, as far as the settings ask for it."""
    from shared.flows import After

    at = desk()
    if at is None:
        return After(live=live() if settings().look else None, ours=settings().gate.identities)
    from shared.following import begun, follow

    return After(
        live=live() if settings().look else None,
        judge=judge(),
        begin=partial(begun, desk=at),
        follow=partial(follow, desk=at),
        ours=settings().gate.identities,
    )


@cache
def catalogue() -> Catalogue | None:
    """The organisation's roles, None where they were never read (`unforbid roles refresh`)."""
    from shared.adapters.role_file import open_catalogue, unpacked_catalogue

    path = settings().roles
    if not path.is_file():
        return None
    return unpacked_catalogue(path) if path.suffix == ".base64" else open_catalogue(path)


def _flush_forever(made: Recorder) -> None:
    waiting = threading.Event()
    while not waiting.wait(FLUSH_EVERY.total_seconds()):
        _flush(made)


def _flush(made: Recorder) -> None:
    try:
        made.flush()
    except StoreUnavailable as error:
        log("counts_not_written", severity="ERROR", reason=str(error))
