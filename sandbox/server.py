"""The server on loopback: one address for REST and gRPC, told apart by the first bytes of a connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.grpc_side import grpc_server
from sandbox.rest import RestHandler
from sandbox.world import World

HTTP2 = b"PRI * HTTP/2.0"
CHUNK = 65_536
WAITING = 64
"""How many clients may wait to be let in."""


@contextmanager
def serving(world: World, port: int = 0) -> Iterator[str]:
    """Serve a world on 127.0.0.1 until the block ends; the address as HOST:PORT."""
    rest = type("Handler", (RestHandler,), {"world": world})
    grpc_side, grpc_port = grpc_server(world)
    front = socket.create_server(("127.0.0.1", port), backlog=WAITING)
    threading.Thread(target=_accept, args=(front, rest, grpc_port), name="sandbox-front", daemon=True).start()
    try:
        yield f"127.0.0.1:{front.getsockname()[1]}"
    finally:
        world.faults.released.set()
        front.shutdown(socket.SHUT_RDWR)
        front.close()
        grpc_side.stop(None).wait()


def _accept(front: socket.socket, rest: type[RestHandler], grpc_port: int) -> None:
    while True:
        try:
            connection, address = front.accept()
        except OSError:
            return  # the server has ended
        threading.Thread(target=_serve, args=(connection, address, rest, grpc_port), daemon=True).start()


def _serve(connection: socket.socket, address: object, rest: type[RestHandler], grpc_port: int) -> None:
    """Answer a client of REST, and connect one of gRPC with its side."""
    with connection:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            first = connection.recv(len(HTTP2), socket.MSG_PEEK)
            if HTTP2.startswith(first[:3] or b"-"):
                _join(connection, grpc_port)
            elif first:
                rest(connection, address, None)  # type: ignore[arg-type]  # no handler of ours asks for its server
        except OSError:
            return  # the client is gone, or the server ends while one still dials


def _join(connection: socket.socket, port: int) -> None:
    """Carry bytes both ways until one end is gone."""
    with socket.create_connection(("127.0.0.1", port)) as inner:
        inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=_carry, args=(inner, connection), daemon=True)
        back.start()
        _carry(connection, inner)
        back.join()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(CHUNK):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return  # either end is gone: the other notices by itself
