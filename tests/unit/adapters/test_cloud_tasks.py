"""What is put wakes the executor at its time, whatever the network does; what a task loses, the documents keep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fakes import FakeClock
from fakes.journal import MemoryQueue

from sandbox.task_delivery import deliver
from sandbox.tasks import TaskQueues, serving_tasks
from shared.adapters.cloud_tasks import MOST_NAMES, CloudTasksQueue, Wakes, WakesByFamily
from shared.errors import StoreUnavailable

QUEUE = "projects/p/locations/europe-west1/queues/fixes"
URL, INVOKER = "http://127.0.0.1:9/execute", "wake@p.iam.gserviceaccount.com"
HOUR = timedelta(hours=1)


class Bench:
    """A queue with its documents, the tasks behind it, and an executor that notes what it is woken for."""

    def __init__(self, tasks: TaskQueues, endpoint: str, clock: FakeClock) -> None:
        self.tasks, self.clock, self.documents = tasks, clock, MemoryQueue()
        self.wakes = Wakes(QUEUE, URL, INVOKER, endpoint)
        self.queue = CloudTasksQueue(self.documents, self.wakes, clock, swept=("end:",))
        self.woken: list[str] = []

    def execute(self, url: str, _: Any, body: bytes, __: float) -> int:
        assert url == URL
        self.woken.append(json.loads(body)["fix"])
        return 200

    def deliver(self) -> list[str]:
        self.woken.clear()
        deliver(self.tasks, self.execute)
        return list(self.woken)


@pytest.fixture
def bench(clock: FakeClock) -> Iterator[Bench]:
    with serving_tasks(clock.now) as (tasks, endpoint):
        made = Bench(tasks, endpoint, clock)
        yield made
        made.wakes.close()


def test_a_fix_is_woken_when_it_is_due_by_the_invoker(bench: Bench, clock: FakeClock) -> None:
    bench.queue.put("f-1", clock.now() + HOUR)
    (held,) = bench.tasks.waiting.values()
    token = held.task.http_request.oidc_token
    assert (token.service_account_email, token.audience) == (INVOKER, URL)
    assert bench.deliver() == []
    clock.turn(hours=1)
    assert bench.deliver() == ["f-1"]
    assert bench.queue.due(clock.now(), 9) == ["f-1"]  # until it is put again or dropped


def test_the_same_fix_put_for_the_same_time_is_one_task(bench: Bench, clock: FakeClock) -> None:
    for _ in range(3):
        bench.queue.put("f-1", clock.now() + HOUR)
    bench.queue.put("f-2", clock.now() + HOUR)
    clock.turn(hours=1)
    assert sorted(bench.deliver()) == ["f-1", "f-2"]


def test_a_fix_woken_a_little_early_that_puts_itself_again_is_woken_again(bench: Bench, clock: FakeClock) -> None:
    due = clock.now() + HOUR
    bench.queue.put("f-1", due)
    clock.turn(hours=1)

    def executor(*_: Any) -> int:
        bench.queue.put("f-1", due)  # by its own clock it is not due yet; its own task is still being answered
        return 200

    deliver(bench.tasks, executor)
    assert bench.deliver() == ["f-1"]


def test_a_fix_whose_task_is_over_can_be_put_for_the_same_time_again(bench: Bench, clock: FakeClock) -> None:
    for _ in range(3):
        bench.queue.put("f-1", clock.now())
        assert bench.deliver() == ["f-1"]


def test_a_fix_that_has_had_every_name_for_a_time_is_left_to_the_sweep(bench: Bench, clock: FakeClock) -> None:
    woken = 0
    for _ in range(MOST_NAMES + 2):
        bench.queue.put("f-1", clock.now())
        woken += len(bench.deliver())
    assert woken == MOST_NAMES
    assert bench.queue.due(clock.now(), 9) == ["f-1"]


def test_the_end_of_grants_is_the_sweep_s_and_wakes_no_executor(bench: Bench, clock: FakeClock) -> None:
    for item in ("end:f-1", "run:r-1", "a-1"):
        bench.queue.put(item, clock.now())
    assert sorted(bench.deliver()) == ["a-1", "run:r-1"]
    assert sorted(bench.queue.due(clock.now(), 9)) == ["a-1", "end:f-1", "run:r-1"]


def test_what_is_due_later_than_cloud_tasks_takes_is_woken_early(bench: Bench, clock: FakeClock) -> None:
    bench.queue.put("f-1", clock.now() + timedelta(days=90))
    clock.turn(days=30)
    assert bench.deliver() == ["f-1"]
    assert bench.queue.next_due() == clock.now() + timedelta(days=60)


def test_a_fix_that_is_dropped_may_still_be_woken_and_is_due_no_more(bench: Bench, clock: FakeClock) -> None:
    bench.queue.put("f-1", clock.now())
    bench.queue.drop("f-1")
    assert bench.queue.next_due() is None
    assert bench.deliver() == ["f-1"]


@pytest.mark.parametrize("fault", ["unavailable", "internal", "deadline", "rate_limited", "lost_request", "lost_reply"])
def test_a_passing_fault_makes_neither_none_nor_two_of_a_task(bench: Bench, clock: FakeClock, fault: Any) -> None:
    bench.tasks.faults.add("cloudtasks.*.create", fault)
    bench.queue.put("f-1", clock.now())
    assert bench.deliver() == ["f-1"]


@pytest.mark.parametrize("asked", ["create", "get"])
def test_a_queue_that_may_not_be_used_is_said_and_the_fix_stays_due(bench: Bench, clock: FakeClock, asked: str) -> None:
    if asked == "get":
        bench.queue.put("f-1", clock.now())
    bench.tasks.faults.add(f"cloudtasks.*.{asked}", "forbidden")  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable, match="PermissionDenied"):
        bench.queue.put("f-1", clock.now())
    assert bench.queue.due(clock.now(), 9) == ["f-1"]


def test_an_item_wakes_the_executor_of_its_own_family_through_its_own_queue(clock: FakeClock) -> None:
    with serving_tasks(clock.now) as (tasks, endpoint):
        by_family = {one: Wakes(f"{QUEUE}-{one}", f"{URL}-{one}", INVOKER, endpoint) for one in ("iam", "api")}
        wakes = WakesByFamily(by_family, {"f-1": "api", "a-1": "iam"}.__getitem__)
        queue = CloudTasksQueue(MemoryQueue(), wakes, clock, swept=("end:",))
        for item in ("f-1", "a-1", "end:f-1"):
            queue.put(item, clock.now())
        called: list[tuple[str, str]] = []

        def note(url: str, _: Any, body: bytes, __: float) -> int:
            called.append((url, json.loads(body)["fix"]))
            return 200

        assert sorted(name.split("/")[5] for name in tasks.waiting) == ["fixes-api", "fixes-iam"]
        deliver(tasks, note)
        assert sorted(called) == [(f"{URL}-api", "f-1"), (f"{URL}-iam", "a-1")]
        wakes.close()


def test_a_queue_that_is_not_there_is_said(clock: FakeClock) -> None:
    with serving_tasks(clock.now) as (_, endpoint):
        wakes = Wakes("no queue", URL, INVOKER, endpoint)
        with pytest.raises(StoreUnavailable, match="InvalidArgument"):
            CloudTasksQueue(MemoryQueue(), wakes, clock).put("f-1", clock.now())
        wakes.close()
