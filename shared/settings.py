"""What an operator may set, read once from the environment; every problem is reported together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from shared.errors import SettingsError

PREFIX = "UNFORBID_"
MODES = ("observe",)
DOCUMENTED = {
    "UNFORBID_STORE": "path of the embedded store's SQLite file; default .unforbid/unforbid.db",
    "UNFORBID_MODE": "observe: explain and record, change nothing; the default, and so far the only mode",
    "UNFORBID_MERGE_HOURS": "for how long repeats of one denial are merged into one run, 1 to 168; default 24",
}


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one process."""

    store: Path = Path(".unforbid/unforbid.db")
    mode: str = "observe"
    merge_for: timedelta = timedelta(hours=24)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment; raises `SettingsError` with every problem there is."""
    problems = [
        f"{name} is not a setting; known are {', '.join(DOCUMENTED)}"
        for name in environment
        if name.startswith(PREFIX) and name not in DOCUMENTED
    ]
    mode = environment.get("UNFORBID_MODE", "observe")
    if mode not in MODES:
        problems.append(f"UNFORBID_MODE must be one of {', '.join(MODES)}, not {mode!r}")
    hours = environment.get("UNFORBID_MERGE_HOURS", "24")
    if not (hours.isascii() and hours.isdigit() and 1 <= int(hours) <= 168):
        problems.append(f"UNFORBID_MERGE_HOURS must be a whole number from 1 to 168, not {hours!r}")
    store = environment.get("UNFORBID_STORE", ".unforbid/unforbid.db")
    if not store.strip():
        problems.append("UNFORBID_STORE must name a file")
    if problems:
        raise SettingsError(problems)
    return Settings(store=Path(store), mode=mode, merge_for=timedelta(hours=int(hours)))
