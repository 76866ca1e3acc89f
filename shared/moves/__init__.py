"""How each kind of work is carried out: one file each with `MOVES`, a table of states and what decides between them."""

from __future__ import annotations

from shared.execution.next import Moves
from shared.moves import access, disable, enable, grant, recover, revoke, verify

VERIFY: Moves = verify.MOVES
MOVES: dict[type, Moves] = {one.work: one for one in (
    grant.MOVES, revoke.MOVES, enable.MOVES, disable.MOVES, access.MOVES, recover.MOVES,
)}  # fmt: skip
