"""A network between Google's Firestore client and the emulator: it loses calls and answers as it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc


@dataclass
class Network:
    """What still goes wrong, as (method, when, status), and what was asked: method, message, seconds it may take."""

    faults: list[tuple[str, str, str]] = field(default_factory=list)
    asked: list[tuple[str, bytes, float]] = field(default_factory=list)

    def fail(self, method: str, when: str, status: str, times: int = 1) -> None:
        """Let the next calls of a method end with a status, `before` or `after` they had their effect."""
        self.faults += [(method, when, status)] * times

    def take(self, method: str, when: str) -> Any:
        for fault in self.faults:
            if fault[:2] == (method, when):
                self.faults.remove(fault)
                return getattr(grpc.StatusCode, fault[2])
        return None


class _Calls(grpc.GenericRpcHandler):
    def __init__(self, network: Network, inner: grpc.Channel) -> None:
        self.network, self.inner = network, inner

    def service(self, details: Any) -> Any:
        name = details.method.rpartition("/")[2]
        streams = name in ("RunQuery", "BatchGetDocuments")
        forward = (self.inner.unary_stream if streams else self.inner.unary_unary)(details.method)
        handler = grpc.unary_stream_rpc_method_handler if streams else grpc.unary_unary_rpc_method_handler
        metadata = [(key, value) for key, value in details.invocation_metadata if not key.startswith("grpc-")]

        def call(message: bytes, context: Any) -> Any:
            self.network.asked.append((name, message, context.time_remaining()))
            if status := self.network.take(name, "before"):
                context.abort(status, "the test lost the request")
            try:
                answer = forward(message, metadata=metadata)
                told = list(answer) if streams else answer
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())
            if status := self.network.take(name, "after"):
                context.abort(status, "the test lost the answer")
            return told

        def stream(message: bytes, context: Any) -> Iterator[bytes]:
            yield from call(message, context)

        return handler(stream if streams else call)


@contextmanager
def network_before(address: str) -> Iterator[tuple[Network, str]]:
    """A network that leads to an address, and its own address."""
    network = Network()
    with grpc.insecure_channel(address) as inner:
        server = grpc.server(futures.ThreadPoolExecutor(4), handlers=(_Calls(network, inner),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield network, f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()
