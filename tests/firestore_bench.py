"""One of everything that is kept in Firestore, and every call of its adapters, behind a network that a test makes worse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from entries import audit
from explained import explain
from fakes.clock import START
from fakes.firestore_faults import Network
from msgspec.structs import replace

from shared.adapters.firestore_ballots import FirestoreBallots
from shared.adapters.firestore_database import FirestoreDatabase
from shared.adapters.firestore_guards import FirestoreGuards
from shared.adapters.firestore_journal import FirestoreJournal
from shared.adapters.firestore_queue import FirestoreQueue
from shared.adapters.firestore_store import FirestoreStore
from shared.model.approval import Approval, Card, Choice, Ended, Ending, Person, Vote
from shared.model.guards import EVERYTHING, Budget, Charge, Pause, Trip, Went
from shared.model.journal import Line, Opened, Seen
from shared.model.run import Dropped, Quarantined, Repeats, Run, RunState

HOUR = timedelta(hours=1)
RUN = Run(
    id="r-1",
    fingerprint="f",
    state=RunState.DRY_RUN_DONE,
    opened_at=START,
    last_seen=START,
    instance="p/42",
    report=explain(audit(permission="storage.objects.get", resource="projects/_/buckets/b")),
)
ITEM = Quarantined(id="q-1", at=START, reason="not JSON", size=3, sha256="00", data=b"abc")
CHARGE = Charge(budget=Budget.PROJECT, whose="projects/p", what="w")
QUESTION = Approval(
    id="a-1", run="r-1", plan_hash="h", tier="T1", quorums=(), asked_at=START, expires_at=START + HOUR
)  # fmt: skip
ANN = Person(id="id-ann", email="ann@example.com")
YES = Vote(approval="a-1", plan_hash="h", person=ANN, choice=Choice.APPROVE, reason="r", at=START, channel="slack")
ENDED = Ended(approval="a-1", ending=Ending.CONSUMED, at=START, by="f-1")
TRIP = Trip(went=Went.WORKED, why="w", at=START)
OPENING = Line(fix="f-1", number=0, at=START, generation=0, body=Opened(run="r-1", plan_hash="h"))


class Bench:
    """The adapters on one database, behind a network that a test makes worse."""

    def __init__(self, database: FirestoreDatabase, network: Network) -> None:
        self.network, self.database = network, database
        self.store, self.journal = FirestoreStore(database), FirestoreJournal(database)
        self.queue, self.guards = FirestoreQueue(database), FirestoreGuards(database)
        self.ballots = FirestoreBallots(database)

    def fill(self) -> None:
        """One of everything."""
        self.store.open_run(RUN, START - HOUR, b"entry")
        self.store.quarantine(ITEM)
        self.journal.append(OPENING)
        self.journal.take_lease("//vm", "f-1", START + HOUR, START)
        self.queue.put("f-1", START)
        self.ballots.ask(QUESTION)
        self.guards.resume(EVERYTHING)
        self.guards.pause(Pause(scope="projects/p", by="ann@example.com", why="w", at=START))
        self.guards.spend((CHARGE,), "f-1:0", START, START - HOUR, lambda _: ())
        self.guards.tripped(TRIP)
        self.guards.denied("user:ann@example.com", "f", START)


def line(number: int) -> Line:
    return Line(fix="f-1", number=number, at=START, generation=1, body=Seen(step=0, what="n", value=str(number)))


Do = Callable[[Bench], object]
WRITES: dict[str, Do] = {
    "open_run": lambda bench: bench.store.open_run(replace(RUN, id="r-2", fingerprint="g"), START - HOUR, b"entry"),
    "add_repeats": lambda bench: bench.store.add_repeats([Repeats("r-1", 1, 1, START)], [Dropped("a", 1)]),
    "learn": lambda bench: bench.store.learn(RUN),
    "quarantine": lambda bench: bench.store.quarantine(replace(ITEM, id="q-2")),
    "append": lambda bench: bench.journal.append(line(1)),
    "open a fix": lambda bench: bench.journal.append(replace(OPENING, fix="f-2")),
    "take_lease": lambda bench: bench.journal.take_lease("//other", "f-1", START + HOUR, START),
    "take_lease again": lambda bench: bench.journal.take_lease("//vm", "f-1", START + 2 * HOUR, START),
    "free_leases": lambda bench: bench.journal.free_leases("f-1"),
    "put": lambda bench: bench.queue.put("f-1", START + HOUR),
    "drop": lambda bench: bench.queue.drop("f-1"),
    "pause": lambda bench: bench.guards.pause(Pause(scope="projects/q", by="ann@example.com", why="w", at=START)),
    "resume": lambda bench: bench.guards.resume("projects/p"),
    "spend": lambda bench: bench.guards.spend((CHARGE,), "f-2:0", START, START - HOUR, lambda _: ()),
    "tripped": lambda bench: bench.guards.tripped(TRIP),
    "denied": lambda bench: bench.guards.denied("user:ann@example.com", "g", START),
    "ask": lambda bench: bench.ballots.ask(replace(QUESTION, id="a-2")),
    "vote": lambda bench: bench.ballots.vote(YES),
    "end": lambda bench: bench.ballots.end(ENDED),
    "first_time": lambda bench: bench.ballots.first_time(b"click", START),
    "keep_card": lambda bench: bench.ballots.keep_card(Card(run="r-1", channel="C1", message="1")),
}
LOOKUPS: dict[str, Do] = {
    "open_run": WRITES["open_run"],
    "append": WRITES["append"],
    "take_lease": WRITES["take_lease"],
    "spend": WRITES["spend"],
    "spent": lambda bench: bench.guards.spent((CHARGE,), START - HOUR),
    "pauses": lambda bench: bench.guards.pauses(),
    "resume": WRITES["resume"],
    "vote": WRITES["vote"],
    "end": WRITES["end"],
    "votes": lambda bench: bench.ballots.votes("a-1"),
    "ended": lambda bench: bench.ballots.ended("a-1"),
    "card": lambda bench: bench.ballots.card("r-1"),
    "entry": lambda bench: bench.store.entry("r-1"),
    "quarantined_item": lambda bench: bench.store.quarantined_item("q-1"),
}
QUERIES: dict[str, Do] = {
    "runs": lambda bench: bench.store.runs(9),
    "run": lambda bench: bench.store.run("r-1"),
    "recent_on": lambda bench: bench.store.recent_on("p/42", "gcs.iam", START),
    "quarantined": lambda bench: bench.store.quarantined(9),
    "dropped": lambda bench: bench.store.dropped(),
    "lines": lambda bench: bench.journal.lines("f-1"),
    "fixes": lambda bench: bench.journal.fixes(),
    "fixes of a run": lambda bench: bench.journal.fixes("r-1"),
    "unfinished": lambda bench: bench.journal.unfinished(),
    "free_leases": WRITES["free_leases"],
    "due": lambda bench: bench.queue.due(START, 9),
    "the stops": lambda bench: bench.guards.pauses(),
    "trips": lambda bench: bench.guards.trips(START),
    "denials": lambda bench: bench.guards.denials("user:ann@example.com", START),
    "approval": lambda bench: bench.ballots.approval("a-1"),
    "open questions": lambda bench: bench.ballots.open(),
    "questions of a run": lambda bench: bench.ballots.of_run("r-1"),
    "people": lambda bench: bench.ballots.people(),
    "links": lambda bench: list(bench.journal.links()),
    "head": lambda bench: bench.journal.head(),
    "next_due": lambda bench: bench.queue.next_due(),
}
