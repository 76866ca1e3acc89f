"""The server on loopback: one address for REST and gRPC, told apart by the first bytes of a connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer

from sandbox.grpc_side import grpc_server
from sandbox.rest import RestHandler
from sandbox.world import World

HTTP2 = b"PRI * HTTP/2.0"
CHUNK = 65_536
POLL = 0.02
"""How many seconds the server may take to notice that it shall end."""


class _Rest(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


@contextmanager
def serving(world: World, port: int = 0) -> Iterator[str]:
    """Serve a world on 127.0.0.1 until the block ends; the address as HOST:PORT."""
    rest = _Rest(("127.0.0.1", 0), type("Handler", (RestHandler,), {"world": world}))
    threading.Thread(target=rest.serve_forever, args=(POLL,), name="sandbox-rest", daemon=True).start()
    grpc_side, grpc_port = grpc_server(world)
    front = socket.create_server(("127.0.0.1", port))
    ports = (rest.server_address[1], grpc_port)
    threading.Thread(target=_accept, args=(front, ports), name="sandbox-front", daemon=True).start()
    try:
        yield f"127.0.0.1:{front.getsockname()[1]}"
    finally:
        world.faults.released.set()
        front.shutdown(socket.SHUT_RDWR)
        front.close()
        grpc_side.stop(None).wait()
        rest.shutdown()
        rest.server_close()


def _accept(front: socket.socket, ports: tuple[int, int]) -> None:
    while True:
        try:
            connection, _ = front.accept()
        except OSError:
            return  # the server has ended
        threading.Thread(target=_join, args=(connection, ports), daemon=True).start()


def _join(connection: socket.socket, ports: tuple[int, int]) -> None:
    """Connect a client with the side it speaks to, and carry bytes both ways until one ends."""
    with connection:
        first = connection.recv(len(HTTP2), socket.MSG_PEEK)
        if not first:
            return
        side = ports[1] if HTTP2.startswith(first[:3]) else ports[0]
        try:
            inner = socket.create_connection(("127.0.0.1", side))
        except OSError:
            return  # the server ends while a client still dials
        with inner:
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
