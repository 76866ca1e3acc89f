"""What became of an operation, and of the calls that a fix was for."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Operation(Struct, frozen=True, kw_only=True):
    """An operation of Compute Engine: over or not, and with which error (compute v1, zoneOperations.get)."""

    done: bool
    code: str = ""
    said: str = ""


class Outcomes(Struct, frozen=True, kw_only=True):
    """Calls like the refused one, as audit logs and the workload's own log show them, oldest first.

    `succeeded` are those of the same principal, permission and resource without an error, `refused` those with one.
    `traffic` is whether that principal was seen calling that service at all: silence proves nothing.
    """

    succeeded: tuple[datetime, ...] = ()
    refused: tuple[datetime, ...] = ()
    traffic: bool = False
