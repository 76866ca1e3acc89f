"""Cloud Tasks on loopback: named tasks over gRPC, each name taken once and not again for an hour, kept until delivered.

Nothing is delivered by itself: `sandbox.task_delivery` posts what is due by the clock that is passed in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc

from sandbox.errors import Refusal, invalid, not_found
from sandbox.exchange import REFUSALS
from sandbox.faults import FaultKind, Faults

NOT_AGAIN_FOR = timedelta(hours=1)
FARTHEST = timedelta(days=30)
LONGEST_NAME = 500
SERVICE = "google.cloud.tasks.v2.CloudTasks"
MOST_ON_A_PAGE = 1000


@dataclass
class Held:
    """A task that waits, as its protobuf message, and when it is sent next."""

    task: Any
    at: datetime
    attempts: int = 0


@dataclass
class TaskQueues:
    """Every queue of the sandbox: a queue is there as soon as it is named."""

    now: Callable[[], datetime]
    faults: Faults = field(default_factory=Faults)
    waiting: dict[str, Held] = field(default_factory=dict)
    gone: dict[str, datetime] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def create(self, request: Any) -> Any:
        """Keep a task until its time; a task without a name gets one."""
        task, now = request.task, self.now()
        if not task.name:
            task.name = f"{request.parent}/tasks/{len(self.waiting) + len(self.gone):020d}"
        self._check(request.parent, task, now)
        if task.name in self.waiting:
            raise Refusal("ALREADY_EXISTS", "Requested entity already exists")
        if task.name in self.gone and now < self.gone[task.name] + NOT_AGAIN_FOR:
            raise Refusal(
                "ALREADY_EXISTS",
                "The task cannot be created because a task with this name existed too recently. For more information "
                "about task de-duplication see https://cloud.google.com/tasks/docs/reference/rest/v2/"
                "projects.locations.queues.tasks/create#body.request_body.FIELDS.task.",
            )
        at = max(task.schedule_time.ToDatetime(UTC), now) if task.HasField("schedule_time") else now
        task.schedule_time.FromDatetime(at)
        task.create_time.FromDatetime(now)
        self.waiting[task.name] = Held(task, at)
        return task

    def get(self, request: Any) -> Any:
        """A task that still waits, or is being tried."""
        return self._held(request.name).task

    def delete(self, request: Any) -> Any:
        """Take a task away before it is sent again."""
        from google.protobuf import empty_pb2

        self._held(request.name)
        self.over(request.name)
        return empty_pb2.Empty()

    def page(self, request: Any) -> Any:
        """The tasks of a queue in the order of their names, a page at a time."""
        from google.cloud.tasks_v2.types import ListTasksResponse

        names = sorted(name for name in self.waiting if name.startswith(f"{request.parent}/tasks/"))
        rest = [name for name in names if name > request.page_token]
        size = min(request.page_size or MOST_ON_A_PAGE, MOST_ON_A_PAGE)
        more = rest[size - 1] if len(rest) > size else ""
        tasks = [self.waiting[name].task for name in rest[:size]]
        return ListTasksResponse.pb()(tasks=tasks, next_page_token=more)

    def over(self, name: str) -> None:
        """A task is delivered, given up or deleted: its name is not taken for an hour."""
        del self.waiting[name]
        self.gone[name] = self.now()

    def next_at(self) -> datetime | None:
        """When the next task is sent, None where none waits."""
        return min((held.at for held in self.waiting.values()), default=None)

    def _held(self, name: str) -> Held:
        if name in self.gone and name not in self.waiting:
            raise Refusal(
                "NOT_FOUND",
                "The task no longer exists, though a task with this name existed recently. The task either "
                "successfully completed or was deleted.",
            )
        if name not in self.waiting:
            raise not_found("Requested entity")
        return self.waiting[name]

    @staticmethod
    def _check(parent: str, task: Any, now: datetime) -> None:
        parts = parent.split("/")
        if parts[::2] != ["projects", "locations", "queues"] or len(parts) != 6 or not all(parts):
            raise invalid(f"Queue name '{parent}' is not projects/P/locations/L/queues/Q.")
        head, _, name = task.name.partition("/tasks/")
        plain = name.isascii() and name.replace("-", "x").replace("_", "x").isalnum()
        if head != parent or not plain or len(name) > LONGEST_NAME:
            raise invalid(f"Task name '{task.name}' is not one of this queue.")
        if not task.http_request.url.startswith(("http://", "https://")):
            raise invalid("HttpRequest.url must start with 'http://' or 'https://'.")
        if task.HasField("schedule_time") and task.schedule_time.ToDatetime(UTC) > now + FARTHEST:
            raise invalid("Task.schedule_time must not be more than 30 days in the future.")


METHODS: dict[str, tuple[str, Callable[[TaskQueues, Any], Any]]] = {
    "CreateTask": ("create", TaskQueues.create),
    "GetTask": ("get", TaskQueues.get),
    "DeleteTask": ("delete", TaskQueues.delete),
    "ListTasks": ("list", TaskQueues.page),
}
"""What answers each method, and what its faults are called: `cloudtasks.projects.locations.queues.tasks.create`."""


class _Methods(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Finds what answers a gRPC method by its full name."""

    def __init__(self, queues: TaskQueues) -> None:
        self._queues = queues

    def service(self, details: Any) -> Any:
        service, _, method = details.method[1:].partition("/")
        if service != SERVICE or method not in METHODS:
            return None
        from google.cloud.tasks_v2 import types

        def call(request: Any, context: Any) -> Any:
            return self._answer(method, request, context)

        return grpc.unary_unary_rpc_method_handler(
            call,
            request_deserializer=getattr(types, f"{method}Request").pb().FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )

    def _answer(self, method: str, request: Any, context: Any) -> Any:
        queues, (verb, answer_to) = self._queues, METHODS[method]
        with queues.lock:
            queues.calls.append(method)
            fault = queues.faults.take(f"cloudtasks.projects.locations.queues.tasks.{verb}")
            try:
                _refuse(fault)
                answer = answer_to(queues, request)
            except Refusal as refusal:
                context.abort(getattr(grpc.StatusCode, refusal.status), refusal.message)
            if fault is FaultKind.LOST_REPLY:
                context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            return answer


def _refuse(fault: FaultKind | None) -> None:
    """Raise what a call meets instead of being served, if it meets that."""
    if fault in REFUSALS:
        raise Refusal(*REFUSALS[fault])
    if fault is FaultKind.FORBIDDEN:
        raise Refusal("PERMISSION_DENIED", "The principal lacks IAM permission for the queue.")
    if fault is FaultKind.LOST_REQUEST:
        raise Refusal("UNAVAILABLE", "Socket closed")


@contextmanager
def serving_tasks(now: Callable[[], datetime], port: int = 0) -> Iterator[tuple[TaskQueues, str]]:
    """Serve empty queues on 127.0.0.1 until the block ends; the queues, and the address as HOST:PORT."""
    queues = TaskQueues(now)
    server = grpc.server(futures.ThreadPoolExecutor(8), handlers=(_Methods(queues),))
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    try:
        yield queues, f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
