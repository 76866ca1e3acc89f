"""Fixes in production's journal, woken by production's queue: carried out once, whatever the tasks do."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from callers import AUDIENCE, CALLER, header
from command import run as command_line
from entries import audit, push
from fakes.workshop import Bench
from rulebooks import policy, rule

from sandbox.task_delivery import deliver
from sandbox.tasks import TaskQueues, serving_tasks
from shared import wiring
from shared.adapters.cloud_tasks import CloudTasksQueue, Wakes
from shared.adapters.firestore_clock import FirestoreClock
from shared.adapters.firestore_database import FirestoreDatabase
from shared.adapters.firestore_guards import FirestoreGuards
from shared.adapters.firestore_journal import FirestoreJournal
from shared.adapters.firestore_queue import FirestoreQueue
from shared.adapters.firestore_store import FirestoreStore
from shared.errors import Retryable, SettingsError
from shared.fixing import step, swept
from shared.model.facts import Policy
from shared.model.guards import EVERYTHING, Pause
from shared.model.items import ENDS
from shared.model.journal import Outcome
from shared.model.names import Role
from shared.model.outcomes import Outcomes
from shared.model.work import Grant, OriginalCall
from shared.policy.compiled import to_bytes

QUEUE, URL = "projects/p/locations/europe-west1/queues/fixes", "http://127.0.0.1:9/"
INVOKER = "wake@p.iam.gserviceaccount.com"
TOPIC = "//pubsub.googleapis.com/projects/p/topics/t"
START = Bench().clock.now()
HOUR = timedelta(hours=1)
GRANT = Grant(resource=TOPIC, role=Role("roles/x"), member="user:ann@example.com", until=START + HOUR)
CALL = OriginalCall(principal="ann@example.com", project="projects/p")
MOST_ROUNDS = 200


class Production(Bench):
    """A workshop on Firestore and Cloud Tasks; Google itself is the fake one."""

    def __init__(self, database: FirestoreDatabase, tasks: TaskQueues, endpoint: str) -> None:
        super().__init__()
        tasks.now = self.clock.now
        self.tasks, self.wakes = tasks, Wakes(QUEUE, URL, INVOKER, endpoint)
        self.journal: Any = FirestoreJournal(database)
        self.guards: Any = FirestoreGuards(database)
        self.guards.resume(EVERYTHING)
        self.queue: Any = CloudTasksQueue(FirestoreQueue(database), self.wakes, self.clock, swept=(ENDS,))
        self.google.policies[TOPIC] = Policy(resource=TOPIC, etag="e", version=3)
        self.google.seen = Outcomes(succeeded=(START + timedelta(seconds=40),))

    def executor(self, _: str, __: Any, body: bytes, ___: float) -> int:
        """What the function answers to a task."""
        try:
            step(body, self.shop())
        except Retryable:
            return 503
        return 200

    def work_off(self, fix: str, post: Callable[..., int]) -> int:
        """Deliver task after task until none waits; how many rounds that took."""
        for rounds in range(MOST_ROUNDS):
            at = self.tasks.next_at()
            if at is None:
                return rounds
            self.turn_to(at)
            deliver(self.tasks, post)
        raise AssertionError(f"{fix} is at no end after {MOST_ROUNDS} rounds")


@pytest.fixture
def production(database: FirestoreDatabase) -> Iterator[Production]:
    with serving_tasks(lambda: START) as (tasks, endpoint):
        made = Production(database, tasks, endpoint)
        yield made
        made.wakes.close()


def test_a_fix_is_carried_out_by_its_tasks_alone(production: Production) -> None:
    fix = production.open(GRANT, call=CALL)
    assert production.work_off(fix, production.executor) > 2
    assert production.fix(fix).outcome is Outcome.FIXED
    assert len(production.google.done) == 1
    assert production.journal.unfinished() == []
    assert production.queue.due(START + 9 * HOUR, 9) == [f"end:{fix}"]


@pytest.mark.invariant("I30")
def test_the_time_is_that_of_the_database(database: FirestoreDatabase) -> None:
    """The emulator's clock is this machine's; one that is an hour off is only compared with it."""
    told: list[str] = []
    clock = FirestoreClock(database, lambda: datetime.now(UTC) + HOUR, told.append)
    before = datetime.now(UTC)
    assert before - timedelta(seconds=1) <= clock.now() <= datetime.now(UTC) + timedelta(seconds=1)
    assert len(told) == 1


@pytest.mark.hazard("H26")
@pytest.mark.invariant("I09")
def test_tasks_that_come_twice_and_at_once_have_one_effect(production: Production) -> None:
    def twice_at_once(*task: Any) -> int:
        answers: list[int] = []
        threads = [threading.Thread(target=lambda: answers.append(production.executor(*task))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return max(answers)

    fix = production.open(GRANT, call=CALL)
    production.work_off(fix, twice_at_once)
    assert production.fix(fix).outcome is Outcome.FIXED
    assert len(production.google.done) == 1


def test_what_lost_tasks_leave_lying_the_sweep_carries_out(production: Production) -> None:
    fix = production.open(GRANT, call=CALL)
    for _ in range(MOST_ROUNDS):
        production.tasks.waiting.clear()
        production.turn_to(production.clock.now() + timedelta(seconds=30))
        swept(production.shop())
        if production.fix(fix).outcome is not None:
            break
    assert production.fix(fix).outcome is Outcome.FIXED
    assert len(production.google.done) == 1


def test_a_queue_that_cannot_be_reached_delays_a_fix_and_loses_nothing(production: Production) -> None:
    fix = production.open(GRANT, call=CALL)
    production.tasks.faults.add("cloudtasks.*.create", "forbidden", times=3)  # type: ignore[arg-type]
    production.work_off(fix, production.executor)
    assert production.fix(fix).outcome is Outcome.FIXED
    assert len(production.google.done) == 1


@pytest.mark.invariant("I18")
def test_a_stop_that_a_person_sets_holds_a_fix_back_in_every_process(
    production: Production, database: FirestoreDatabase
) -> None:
    fix = production.open(GRANT, call=CALL)
    by_hand = FirestoreGuards(database)
    by_hand.pause(Pause(scope=EVERYTHING, by="ann@example.com", why="an incident", at=START))
    for _ in range(5):
        production.turn_to(production.tasks.next_at())
        deliver(production.tasks, production.executor)
    assert production.google.done == []
    assert by_hand.resume(EVERYTHING)
    production.work_off(fix, production.executor)
    assert len(production.google.done) == 1


# chosen by settings


@pytest.fixture
def chosen(emulator: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    wiring.forget()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", emulator)
    monkeypatch.setenv("UNFORBID_BACKEND", "google")
    monkeypatch.setenv("UNFORBID_PROJECT", f"test-{secrets.token_hex(4)}")
    monkeypatch.setenv("UNFORBID_FIRESTORE_DATABASE", "acme")
    yield monkeypatch
    wiring.forget()


def test_where_google_is_chosen_everything_is_kept_in_firestore(chosen: pytest.MonkeyPatch) -> None:
    chosen.setenv("UNFORBID_QUEUE", f"iam={QUEUE}")
    chosen.setenv("UNFORBID_EXECUTE_URL", f"iam={URL}")
    chosen.setenv("UNFORBID_INVOKER", INVOKER)
    shown = [type(part()) for part in (wiring.store, wiring.journal, wiring.queue, wiring.guards)]
    assert shown == [FirestoreStore, FirestoreJournal, CloudTasksQueue, FirestoreGuards]


def test_what_is_put_lies_in_a_database_of_its_own(chosen: pytest.MonkeyPatch) -> None:
    wiring.queue().put("a-1", START)
    apart = {concern: FirestoreQueue(wiring.firestore(concern)).due(START, 9) for concern in ("journal", "queue")}
    assert apart == {"journal": [], "queue": ["a-1"]}
    assert chosen is not None


@pytest.mark.parametrize(("families", "notes"), [("", False), ("iam", True), ("ends", True)])
def test_who_carries_nothing_out_says_nothing_of_how_old_a_policy_is(
    chosen: pytest.MonkeyPatch, tmp_path: Path, families: str, *, notes: bool
) -> None:
    file = tmp_path / "policy"
    file.write_bytes(to_bytes(policy(rule())))
    for name, value in {"MODE": "enforce", "POLICY": str(file), "FAMILIES": families}.items():
        chosen.setenv(f"UNFORBID_{name}", value)
    wiring.rules(file)(START)
    assert (wiring.policy_versions().remembered() is not None) is notes


def test_the_sweep_notes_a_new_policy_so_that_its_hour_passes_although_nobody_decides(
    chosen: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "policy"
    file.write_bytes(to_bytes(policy(rule())))
    told = {
        "MODE": "enforce",
        "POLICY": str(file),
        "DOMAINS": "example.com",
        "FAMILIES": "ends",
        "QUEUE": f"iam={QUEUE}",
        "EXECUTE_URL": f"iam={URL}",
        "INVOKER": INVOKER,
    }
    for name, value in told.items():
        chosen.setenv(f"UNFORBID_{name}", value)
    assert swept(wiring.workshop())["outcome"] == "swept"
    assert wiring.policy_versions().remembered() is not None


def test_where_nothing_is_mended_whoever_looks_notes_how_old_a_policy_is(
    chosen: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "policy"
    file.write_bytes(to_bytes(policy(rule())))
    chosen.setenv("UNFORBID_POLICY", str(file))
    wiring.rules(file)(START)
    assert wiring.policy_versions().remembered() is not None


def test_without_a_queue_runs_are_recorded_and_no_fix_is_carried_out(chosen: pytest.MonkeyPatch) -> None:
    assert wiring.store().runs(9) == []
    assert isinstance(wiring.queue(), FirestoreQueue)
    wiring.forget()
    chosen.setenv("UNFORBID_MODE", "enforce")
    chosen.setenv("UNFORBID_POLICY", "policy.compiled")
    with pytest.raises(SettingsError, match="UNFORBID_QUEUE"):
        wiring.queue()


def test_a_denial_that_is_delivered_to_the_function_is_a_run_in_firestore(
    chosen: pytest.MonkeyPatch, root: Any
) -> None:
    for name, value in {"AUDIENCE": AUDIENCE, "CALLERS": CALLER}.items():
        chosen.setenv(f"UNFORBID_{name}", value)
    chosen.setenv("K_SERVICE", "detect")
    recorder = wiring.MergingRecorder(wiring.store(), wiring.clock(), HOUR)
    chosen.setattr(wiring, "recorder", lambda: recorder)
    app = functions_framework.create_app("detect_denial", str(root / "functions/detect/main.py"))
    body = push(audit(permission="storage.objects.get", resource="projects/_/buckets/b/objects/o"))
    for _ in range(2):
        answer = app.test_client().post("/", data=body, headers=header(datetime.now(UTC)))
        assert answer.status_code == 200
    recorder.flush()
    with FirestoreDatabase(wiring.settings().project, "acme-runs").reading() as client:
        assert [one.id for one in client.collections()] == ["claims", "runs"]
    (run,) = wiring.store().runs(9)
    assert (run.report.cause, run.deliveries, run.count) == ("gcs.iam", 2, 1)
    assert b"storage.objects.get" in wiring.store().entry(run.id)
    for command, said in ((("runs",), run.id), (("runs", "show", run.id), "storage.objects.get"), (("approvals",), "")):
        told = command_line(*command)
        assert (told.exit_code, said in told.output) == (0, True), told.output
