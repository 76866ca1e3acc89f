"""The gRPC side, for the clients that speak nothing else: each method is answered by the door of its REST twin."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import json_format

from sandbox.caller import caller_of
from sandbox.discovery import Method
from sandbox.door import Call, Door
from sandbox.errors import ERROR_INFO, Refusal
from sandbox.exchange import Dropped, Hanging, exchange
from sandbox.services import doors
from sandbox.world import Json, World

SPOKEN = {
    "google.iam.admin.v1.IAM": "google.cloud.iam_admin_v1",
    "google.logging.v2.LoggingServiceV2": "google.cloud.logging_v2",
    "google.logging.v2.ConfigServiceV2": "google.cloud.logging_v2",
    "google.monitoring.v3.MetricService": "google.cloud.monitoring_v3",
}
"""The services whose Python clients have no REST transport, with the package of their messages."""


class _Methods(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Finds the door of a gRPC method by its full name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._doors = {f"/{'/'.join(door.rpc.rsplit('.', 1))}": (method, door) for method, door in doors().values()}

    def service(self, details: Any) -> Any:
        if details.method not in self._doors or details.method[1:].partition("/")[0] not in SPOKEN:
            return None
        found = self._doors[details.method]
        request, reply = _types(details.method)
        metadata = dict(details.invocation_metadata)

        def call(message: Any, context: Any) -> Any:
            params, body = _split(found[0], json_format.MessageToDict(message))
            answer = self._answer(found, params, body, metadata, context)
            return answer if isinstance(answer, bytes) else json_format.ParseDict(answer, reply())

        return grpc.unary_unary_rpc_method_handler(
            call, request_deserializer=request.FromString, response_serializer=_serialized
        )

    def _answer(
        self, found: tuple[Method, Door], params: dict[str, str], body: Json, metadata: dict[str, str], context: Any
    ) -> Any:
        try:
            with self._world.lock:
                caller = caller_of(self._world, metadata.get("authorization", ""))
                paying = metadata.get("x-goog-user-project", "")
                told = {name: value for name, value in metadata.items() if isinstance(value, str)}
                call = Call(params=params, body=body, caller=caller, user_project=paying, headers=told)
                return exchange(self._world, *found, call)
        except Refusal as refusal:
            context.abort_with_status(_status(refusal))
        except Dropped as dropped:
            if isinstance(dropped, Hanging):
                self._world.faults.hang()
            context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")


def _serialized(message: Any) -> bytes:
    return message if isinstance(message, bytes) else bytes(message.SerializeToString())


def _types(path: str) -> tuple[Any, Any]:
    """The protobuf classes of a method's request and reply: from the client's own package."""
    service, _, name = path[1:].partition("/")
    if name in ("GetIamPolicy", "SetIamPolicy"):
        from google.iam.v1 import iam_policy_pb2, policy_pb2

        return getattr(iam_policy_pb2, f"{name}Request"), policy_pb2.Policy
    if name == "TestIamPermissions":
        from google.iam.v1 import iam_policy_pb2

        return iam_policy_pb2.TestIamPermissionsRequest, iam_policy_pb2.TestIamPermissionsResponse
    package = importlib.import_module(SPOKEN[service])
    types = importlib.import_module(f"{SPOKEN[service]}.types")
    request = getattr(types, f"{name}Request").pb()
    answer = _REPLIES.get(name) or (f"{name}Response" if hasattr(types, f"{name}Response") else name[3:])
    if answer == "google.protobuf.Empty":
        from google.protobuf import empty_pb2

        return request, empty_pb2.Empty
    return request, (getattr(types, answer, None) and getattr(types, answer).pb()) or getattr(package, answer).pb()


_REPLIES = {
    "CreateServiceAccount": "ServiceAccount",
    "DisableServiceAccount": "google.protobuf.Empty",
    "EnableServiceAccount": "google.protobuf.Empty",
    "DeleteServiceAccount": "google.protobuf.Empty",
    "GetSink": "LogSink",
}


def _split(method: Method, message: Json) -> tuple[dict[str, str], Json]:
    """A message as the REST request would carry it: path parameters apart from the body or the query."""
    inside = {name: str(message.pop(name)) for name in method.path_parameters if name in message}
    if method.verb in ("GET", "DELETE"):
        return inside | dict(_flat("", message)), {}
    return inside, message


def _flat(path: str, message: Json) -> Iterator[tuple[str, str]]:
    """The fields of a message as a query names them: `interval.startTime`."""
    for key, value in message.items():
        if isinstance(value, dict):
            yield from _flat(f"{path}{key}.", value)
        else:
            yield f"{path}{key}", str(value)


def _status(refusal: Refusal) -> Any:
    """A refusal as gRPC carries it, with its ErrorInfo."""
    from google.protobuf import any_pb2
    from google.rpc import error_details_pb2, status_pb2
    from grpc_status import rpc_status

    code = getattr(grpc.StatusCode, refusal.status).value[0]
    status = status_pb2.Status(code=code, message=refusal.message)
    for detail in refusal.details:
        if detail["@type"] == ERROR_INFO:
            plain = {key: value for key, value in detail.items() if key != "@type"}
            packed = any_pb2.Any()
            packed.Pack(json_format.ParseDict(plain, error_details_pb2.ErrorInfo()))
            status.details.append(packed)
    return rpc_status.to_status(status)


def grpc_server(world: World) -> tuple[Any, int]:
    """A running gRPC server for a world, and its port on 127.0.0.1."""
    server = grpc.server(futures.ThreadPoolExecutor(8), handlers=(_Methods(world),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
