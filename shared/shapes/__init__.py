"""Every shape a refused call takes in the logs, one file each: `SHAPE = Shape(id, payloads, order, claims, read)`.

The folder is scanned. `read` turns an entry that the shape claims into a Denial, or says why it is none. A Denial whose
`status` is empty leaves the verdict to the words of its message.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from shared.folder import members
from shared.model.denial import Denial, NotADenial
from shared.model.log_entry import LogEntry


class Shape(Struct, frozen=True, kw_only=True):
    """One way an entry is built; shapes that read the same payload (one of PAYLOADS) are asked in `order`."""

    id: str
    payloads: tuple[str, ...]
    order: int
    claims: Callable[[LogEntry], bool]
    read: Callable[[LogEntry], Denial | NotADenial]


PAYLOADS = ("proto", "json", "text", "http")


def _scan() -> dict[str, list[Shape]]:
    shapes: list[Shape] = [module.SHAPE for module in members(__name__, __path__).values()]
    shapes.sort(key=lambda shape: shape.order)
    return {payload: [shape for shape in shapes if payload in shape.payloads] for payload in PAYLOADS}


SHAPES = _scan()


def payload_of(entry: LogEntry) -> str:
    """Which payload an entry carries; an entry with none of them is a request log or says nothing."""
    if entry.proto_payload is not None:
        return "proto"
    if entry.json_payload is not None:
        return "json"
    return "text" if entry.text_payload is not None else "http"


def shape_of(entry: LogEntry) -> Shape | None:
    """The first shape that claims an entry."""
    for shape in SHAPES[payload_of(entry)]:
        if shape.claims(entry):
            return shape
    return None
