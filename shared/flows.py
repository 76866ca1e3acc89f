"""The stages called in order: read this first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING

import msgspec

from shared.errors import NotFound, StoreUnavailable, Unreadable
from shared.model.denial import Denial, NotADenial
from shared.model.log_entry import LogEntry
from shared.model.report import Report
from shared.model.run import STATE_OF_MODE, OpenRun, Quarantined, Run
from shared.pipeline.classify import classify
from shared.pipeline.diagnose import diagnose
from shared.pipeline.fingerprint import fingerprint
from shared.pipeline.gate import gate
from shared.pipeline.glance import glance
from shared.pipeline.ingest import ingest
from shared.pipeline.plan import plan
from shared.pipeline.read import read
from shared.pipeline.report import report, report_none, report_unreadable

if TYPE_CHECKING:
    from shared.judging import Judge
    from shared.live import Live, Reviewed
    from shared.ports import Clock, Recorder, Store

OOM = "cred.lost_token"
OOM_NEAR = timedelta(minutes=15)
OWN_CALL = "a call of our own"
Told = dict[str, object]
MOST_KEPT, KEPT_OF_TOO_MUCH = 16_777_216, 65_536
"""Pub/Sub delivers at most 10 MB, which is 14 MB in base64; of more than that only the beginning is kept."""


class After(msgspec.Struct, frozen=True, kw_only=True):
    """What is done with a new run: who asks Google, who decides by rules, and who follows that up.

    `begin` sees to it that a run is followed up by somebody, should we die while we look into it. What `ours`, our own
    service accounts, are refused is counted and no more: a refusal must not lead to a call that is refused again.
    """

    live: Live | None = None
    judge: Judge | None = None
    begin: Callable[[str], None] | None = None
    follow: Callable[[Run, Reviewed | None], Told] | None = None
    ours: frozenset[str] = frozenset()


NOTHING_AFTER = After()


def explain(entry: LogEntry) -> Report:
    """What one log entry says, why, what would be done, and what may be: without looking anywhere else."""
    found = classify(entry)
    if isinstance(found, NotADenial):
        return report_none(found)
    diagnosis = diagnose(found)
    steps = plan(found, diagnosis)
    return report(found, diagnosis, steps, gate(found, diagnosis, steps))


def explain_bytes(data: bytes) -> Report:
    """The same from the bytes of an entry; bytes that cannot be read get their reason."""
    try:
        return explain(read(data))
    except Unreadable as error:
        return report_unreadable(str(error))


def detect(body: bytes, recorder: Recorder, store: Store, clock: Clock, after: After = NOTHING_AFTER) -> Told:
    """Turn one delivery into a stored run, a counted repeat, a counted drop or a quarantine record; what became of it.

    `after` is what is done with a new run: Google is asked about it where that is worth it, rules decide, and what they
    decide is followed up; once, when the run is opened, never for a repeat.

    Raises:
        StoreUnavailable: nothing was recorded; the message has to be delivered again.
    """
    now = clock.now()
    try:
        data = ingest(body)
        found = glance(data) or classify(read(data))
    except Unreadable as error:
        return quarantine(body, str(error), recorder, now)
    why = found.reason if isinstance(found, NotADenial) else _own(found, after.ours)
    if why or isinstance(found, NotADenial):
        recorder.drop(why)
        return {"outcome": "dropped", "reason": why}
    key = blake2b(data, digest_size=16).digest()
    judge = after.judge.offline() if after.judge is not None else None
    came = Delivered(key, data, now)
    recorded = _record(found, came, recorder, store, judge)
    told = recorded.told
    if recorded.new is not None and after.judge is not None:
        told |= after.judge.met(found, recorded.new.fingerprint, now)
    if after.live is not None:
        return told | _looked_into(recorded, came, recorder, store, after)
    if recorded.new is not None and after.follow is not None:
        told |= after.follow(recorded.new, None)
    return told


def _own(denial: Denial, ours: frozenset[str]) -> str:
    """Why a denial is none to deal with, as one of our own identities made the call; "" where none did."""
    if not ours:
        return ""
    caller = denial.names.principal
    made_by = {*denial.origin.on_behalf, *((caller.text,) if caller is not None else ())}
    return OWN_CALL if ours & made_by else ""


def _looked_into(recorded: Recorded, came: Delivered, recorder: Recorder, store: Store, after: After) -> Told:
    """Ask Google about a run, once, and follow up what that tells."""
    known = recorded.known
    if after.live is None or not recorder.claim_look(known, came.key):
        return {}
    try:
        if after.begin is not None:
            after.begin(known.id)
        run = recorded.new or store.run(known.id)
    except StoreUnavailable:
        recorder.give_back(known.id)
        raise
    except NotFound:  # it was cleaned up: there is nothing to be kept of it
        return {}
    learned = after.live.learn(run, came.data, recorder, came.at)
    followed = after.follow(learned.run, learned.looked) if after.follow is not None else {}
    return learned.told() | followed


def quarantine(body: bytes, reason: str, recorder: Recorder, now: datetime) -> Told:
    """Keep a delivery that cannot be used, with the reason: whole, unless it is larger than Pub/Sub would deliver."""
    digest = sha256(body).hexdigest()
    kept = body if len(body) <= MOST_KEPT else body[:KEPT_OF_TOO_MUCH]
    item = Quarantined(id=f"q-{digest[:12]}", at=now, reason=reason, size=len(body), sha256=digest, data=kept)
    recorder.quarantine(item)
    return {"severity": "WARNING", "outcome": "quarantined", "quarantine": item.id, "reason": reason}


class Delivered(msgspec.Struct, frozen=True):
    """One entry as it was delivered: its key, its bytes, and when it came."""

    key: bytes
    data: bytes
    at: datetime


class Recorded(msgspec.Struct, frozen=True):
    """What became of an entry: what is known of its run, the run itself where it is new, the facts for the log line."""

    known: OpenRun
    new: Run | None
    told: Told


def _record(denial: Denial, came: Delivered, recorder: Recorder, store: Store, judge: Judge | None) -> Recorded:
    """Count an entry towards the run of its denial, which is opened unless it is open already."""
    diagnosis = diagnose(denial)
    steps = plan(denial, diagnosis)
    decision = gate(denial, diagnosis, steps, judge.weighs(came.at, came.at) if judge is not None else None)
    mark = fingerprint(denial, diagnosis, steps)
    known, new = recorder.repeat(mark, came.key, came.at), None
    if known is None:
        explained = _with_neighbours(report(denial, diagnosis, steps, decision), denial, store, came.at)
        run = _new_run(mark, came, denial, explained)
        known, merged = recorder.open(run, came.key, came.data)
        new = None if merged else run
    told: Told = {
        "outcome": "run" if new else "merged",
        "run": known.id,
        "cause": diagnosis.cause.id,
        "mode": decision.mode.value,
    }
    if decision.terms is not None:
        told["rules"] = decision.terms.rules
    return Recorded(known, new, told)


def _new_run(mark: str, came: Delivered, denial: Denial, explained: Report) -> Run:
    named = blake2b(f"{mark}{came.at.isoformat()}".encode(), digest_size=6).hexdigest()
    machine = denial.origin.instance
    return Run(
        id=f"r-{named}",
        fingerprint=mark,
        state=STATE_OF_MODE[explained.decision.mode],
        opened_at=came.at,
        last_seen=came.at,
        first_key=came.key,
        instance=f"{machine.project}/{machine.id}" if machine else None,
        report=explained,
    )


def _with_neighbours(explained: Report, denial: Denial, store: Store, now: datetime) -> Report:
    """The report with the memory exhaustion seen on the same machine within 15 minutes, if there was one."""
    if denial.origin.instance is None or explained.cause == OOM:
        return explained
    oom = store.recent_on(f"{denial.origin.instance.project}/{denial.origin.instance.id}", OOM, now - OOM_NEAR)
    if oom is None:
        return explained
    words = next((line for line in oom.report.evidence if line.startswith("the words: ")), "").removeprefix(
        "the words: "
    )
    note = f"memory was exhausted on this machine shortly before (run {oom.id}): {words}; the refusal has its own cause"
    return msgspec.structs.replace(explained, evidence=(*explained.evidence, note))
