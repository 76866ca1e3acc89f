"""The time that processes share is one, and never goes back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from e2e.clock import SharedClock


def test_a_turn_is_seen_by_everybody_who_has_the_file(tmp_path: Path) -> None:
    mine, yours = SharedClock(tmp_path / "clock"), SharedClock(tmp_path / "clock")
    before = yours.now()
    mine.turn(timedelta(hours=1))
    assert yours.now() - before >= timedelta(hours=1)
    assert SharedClock(tmp_path / "clock").now() >= mine.now() - timedelta(seconds=5)
