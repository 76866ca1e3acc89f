"""Cloud Tasks of the sandbox, through Google's own client: names, times, delivery by a clock that is turned."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import grpc
import pytest
from fakes import FakeClock
from google.api_core import exceptions
from google.cloud import tasks_v2
from google.protobuf.json_format import MessageToDict

from sandbox.discovery import problems
from sandbox.task_delivery import MOST_ATTEMPTS, NOT_REACHED, deliver, delivering
from sandbox.tasks import TaskQueues, serving_tasks

QUEUE = "projects/p/locations/europe-west1/queues/fixes"
URL = "https://execute.example.com/"


class Receiver:
    """Answers in turn with the statuses it was made with, the last one for ever."""

    def __init__(self, *statuses: int) -> None:
        self.statuses, self.got = list(statuses), list[tuple[str, dict[str, str], bytes]]()

    def __call__(self, url: str, headers: dict[str, str], body: bytes, _: float) -> int:
        self.got.append((url, headers, body))
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@pytest.fixture
def served(clock: FakeClock) -> Iterator[tuple[TaskQueues, Any]]:
    with serving_tasks(clock.now) as (queues, endpoint):
        transport = tasks_v2.CloudTasksClient.get_transport_class("grpc")(channel=grpc.insecure_channel(endpoint))
        client = tasks_v2.CloudTasksClient(transport=transport)
        yield queues, client
        transport.close()


@pytest.fixture
def queues(served: tuple[TaskQueues, Any]) -> TaskQueues:
    return served[0]


@pytest.fixture
def client(served: tuple[TaskQueues, Any]) -> Any:
    return served[1]


def task(name: str = "", at: datetime | None = None, url: str = URL) -> Any:
    request = tasks_v2.HttpRequest(
        url=url,
        body=b'{"fix":"f-1"}',
        headers={"Content-Type": "application/json"},
        oidc_token=tasks_v2.OidcToken(service_account_email="wake@p.iam.gserviceaccount.com", audience=URL),
    )
    named = {"name": f"{QUEUE}/tasks/{name}"} if name else {}
    return tasks_v2.Task(http_request=request, **named, **({"schedule_time": at} if at else {}))


def put(client: Any, *args: Any, **more: Any) -> Any:
    return client.create_task(parent=QUEUE, task=task(*args, **more), retry=None)


def names(client: Any) -> list[str]:
    return [one.name.rpartition("/")[2] for one in client.list_tasks(parent=QUEUE, retry=None)]


def test_a_task_is_sent_at_its_time_and_not_before(client: Any, queues: TaskQueues, clock: FakeClock) -> None:
    put(client, "a", clock.now() + timedelta(minutes=5))
    receiver = Receiver(200)
    clock.turn(minutes=4, seconds=59)
    assert deliver(queues, receiver) == 0
    assert queues.next_at() == clock.now() + timedelta(seconds=1)
    clock.turn(seconds=1)
    assert deliver(queues, receiver) == 1
    assert deliver(queues, receiver) == 0
    ((url, headers, body),) = receiver.got
    assert (url, body, headers["Content-Type"]) == (URL, b'{"fix":"f-1"}', "application/json")
    assert (headers["X-CloudTasks-TaskName"], headers["X-CloudTasks-QueueName"]) == ("a", "fixes")
    assert names(client) == []


def test_a_task_whose_time_is_over_or_that_has_none_is_sent_at_once(
    client: Any, queues: TaskQueues, clock: FakeClock
) -> None:
    put(client, "late", clock.now() - timedelta(days=1))
    assert put(client).name.startswith(f"{QUEUE}/tasks/")
    assert deliver(queues, Receiver(204)) == 2


def test_the_token_names_the_invoker_and_the_audience_and_expires(
    client: Any, queues: TaskQueues, clock: FakeClock
) -> None:
    put(client, "a")
    receiver = Receiver(200)
    deliver(queues, receiver)
    scheme, token = receiver.got[0][1]["Authorization"].split()
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert scheme == "Bearer"
    assert (claims["aud"], claims["email"]) == (URL, "wake@p.iam.gserviceaccount.com")
    assert claims["iat"] == clock.now().timestamp() < claims["exp"]


def test_a_name_that_waits_is_not_taken_twice(client: Any) -> None:
    put(client, "a")
    with pytest.raises(exceptions.AlreadyExists):
        put(client, "a")
    assert names(client) == ["a"]


@pytest.mark.parametrize("ended", ["delivered", "deleted"])
def test_a_name_is_not_taken_again_for_an_hour_after_its_task_is_over(
    client: Any, queues: TaskQueues, clock: FakeClock, ended: str
) -> None:
    name = put(client, "a").name
    if ended == "delivered":
        deliver(queues, Receiver(200))
    else:
        client.delete_task(name=name, retry=None)
    for ask in (client.get_task, client.delete_task):
        with pytest.raises(exceptions.NotFound, match="no longer exists"):
            ask(name=name, retry=None)
    clock.turn(minutes=59, seconds=59)
    with pytest.raises(exceptions.AlreadyExists, match="too recently"):
        put(client, "a")
    clock.turn(seconds=1)
    put(client, "a")
    assert names(client) == ["a"]


def test_a_task_that_is_not_answered_with_success_comes_again_ever_later(
    client: Any, queues: TaskQueues, clock: FakeClock
) -> None:
    put(client, "a")
    receiver, waits = Receiver(503, 500, NOT_REACHED, 404, 200), []
    while queues.next_at() is not None:
        before = clock.now()
        clock.at = max(clock.now(), queues.next_at() or clock.now())
        waits.append((clock.now() - before).total_seconds())
        deliver(queues, receiver)
        assert deliver(queues, receiver) == 0
    assert waits == [0, 0.1, 0.2, 0.4, 0.8]
    assert [one[1]["X-CloudTasks-TaskRetryCount"] for one in receiver.got] == ["0", "1", "2", "3", "4"]


def test_a_task_is_given_up_after_its_last_attempt(client: Any, queues: TaskQueues, clock: FakeClock) -> None:
    put(client, "a")
    receiver = Receiver(500)
    while (at := queues.next_at()) is not None:
        clock.at = max(clock.at, at)
        deliver(queues, receiver)
    assert len(receiver.got) == MOST_ATTEMPTS


def test_what_its_receiver_puts_while_a_task_is_sent_is_kept(client: Any, queues: TaskQueues) -> None:
    put(client, "a")

    def receiver(*_: Any) -> int:
        assert client.get_task(name=f"{QUEUE}/tasks/a", retry=None).dispatch_count == 1
        put(client, "b")
        return 200

    assert deliver(queues, receiver) == 1
    assert names(client) == ["b"]


def test_a_task_that_is_deleted_while_it_is_sent_does_not_come_again(client: Any, queues: TaskQueues) -> None:
    put(client, "a")

    def receiver(*_: Any) -> int:
        client.delete_task(name=f"{QUEUE}/tasks/a", retry=None)
        return 500

    assert deliver(queues, receiver) == 0
    assert queues.next_at() is None


@pytest.mark.parametrize(
    ("parent", "changed"),
    [
        ("projects/p/queues/q", {}),
        (QUEUE, {"name": "projects/p/locations/l/queues/other/tasks/a"}),
        (QUEUE, {"name": f"{QUEUE}/tasks/a.b"}),
        (QUEUE, {"name": f"{QUEUE}/tasks/{'a' * 501}"}),
        (QUEUE, {"schedule_time": FakeClock().now() + timedelta(days=31)}),
        (QUEUE, {"http_request": {"url": "ftp://x"}}),
    ],
)
def test_what_cloud_tasks_would_not_take_is_refused(client: Any, parent: str, changed: dict[str, Any]) -> None:
    wrong = task("a")
    for name, value in changed.items():
        setattr(wrong, name, value)
    with pytest.raises(exceptions.InvalidArgument):
        client.create_task(parent=parent, task=wrong, retry=None)


def test_tasks_are_listed_by_page(client: Any) -> None:
    for number in range(5):
        put(client, f"t{number}")
    pages = client.list_tasks(request={"parent": QUEUE, "page_size": 2}, retry=None).pages
    assert [len(page.tasks) for page in pages] == [2, 2, 1]


def test_every_reply_holds_to_google_s_schema(client: Any, clock: FakeClock) -> None:
    made = put(client, "a", clock.now() + timedelta(minutes=1))
    for reply in (made, client.get_task(name=made.name, retry=None)):
        assert problems("cloudtasks.v2", "Task", MessageToDict(type(reply).pb(reply))) == []


@pytest.mark.parametrize(
    ("fault", "error", "kept"),
    [
        ("unavailable", exceptions.ServiceUnavailable, 0),
        ("forbidden", exceptions.PermissionDenied, 0),
        ("lost_request", exceptions.ServiceUnavailable, 0),
        ("lost_reply", exceptions.ServiceUnavailable, 1),
    ],
)
def test_a_fault_happens_before_or_after_the_effect(
    client: Any, queues: TaskQueues, fault: Any, error: type[Exception], kept: int
) -> None:
    queues.faults.add("cloudtasks.*.create", fault)
    with pytest.raises(error):
        put(client, "a")
    assert len(queues.waiting) == kept


def test_tasks_are_posted_over_http_as_they_become_due(client: Any, queues: TaskQueues) -> None:
    got = threading.Event()
    seen: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            got.set()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        with delivering(queues):
            put(client, "a", url=f"http://127.0.0.1:{server.server_port}/run?x=1")
            assert got.wait(10)
        server.shutdown()
        thread.join()
    assert seen == [("/run?x=1", b'{"fix":"f-1"}')]
    assert queues.next_at() is None
