"""A gRPC server on loopback for a few methods, so that Google's real clients have somebody to talk to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

Method = tuple[Any, Callable[[Any, Any], Any]]


@contextmanager
def serving(methods: dict[str, Method]) -> Iterator[str]:
    """The address of a server that answers `{"/package.Service/Method": (RequestType, answer)}`, and nothing else."""
    import grpc

    class Methods(grpc.GenericRpcHandler):
        def service(self, details: Any) -> Any:
            if details.method not in methods:
                return None
            kind, answer = methods[details.method]

            def call(request: Any, context: Any) -> bytes:
                reply = answer(kind.wrap(request), context)
                return bytes(type(reply).serialize(reply))

            return grpc.unary_unary_rpc_method_handler(
                call, request_deserializer=kind.pb().FromString, response_serializer=bytes
            )

    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=(Methods(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
