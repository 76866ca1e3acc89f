"""Fakes with memory, behind the same ports as the real adapters."""

from fakes.clock import FakeClock
from fakes.store import MemoryStore

__all__ = ["FakeClock", "MemoryStore"]
