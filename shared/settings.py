"""What an operator may set, read once from the environment; every problem is reported together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from shared.errors import SettingsError

PREFIX = "UNFORBID_"
MODES = ("observe",)
LOOKS = ("never", "always")
DOCUMENTED = {
    "UNFORBID_STORE": "path of the embedded store's SQLite file; default .unforbid/unforbid.db",
    "UNFORBID_JOURNAL": "path of the journal of fixes; default .unforbid/journal.db",
    "UNFORBID_MODE": "observe: explain and record, change nothing; the default, and so far the only mode",
    "UNFORBID_GUARDS": "path of the switches, budgets and breakers; default .unforbid/guards.db",
    "UNFORBID_ROLES": "path of the organisation's catalogue of roles; default .unforbid/roles.bin",
    "UNFORBID_ENDPOINT": "HOST:PORT on this machine that answers in Google's place; default: Google answers",
    "UNFORBID_LOOK": "always: ask Google about each new denial worth it (reading only); never, the default",
    "UNFORBID_ORGANIZATION": "number of the organisation whose resources are ours; default: it is not checked",
    "UNFORBID_ATTACHABLE": "service accounts that a machine may be given, separated by commas; default none",
    "UNFORBID_QUOTA_PROJECT": "project that our questions to Google are accounted to; default: the credentials' own",
    "UNFORBID_MERGE_HOURS": "for how long repeats of one denial are merged into one run, 1 to 168; default 24",
}


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of one process."""

    store: Path = Path(".unforbid/unforbid.db")
    roles: Path = Path(".unforbid/roles.bin")
    endpoint: str = ""
    journal: Path = Path(".unforbid/journal.db")
    guards: Path = Path(".unforbid/guards.db")
    look: bool = False
    organization: str = ""
    quota_project: str = ""
    attachable: tuple[str, ...] = ()
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
    journal = environment.get("UNFORBID_JOURNAL", ".unforbid/journal.db")
    if not journal.strip():
        problems.append("UNFORBID_JOURNAL must name a file")
    guards = environment.get("UNFORBID_GUARDS", ".unforbid/guards.db")
    if not guards.strip():
        problems.append("UNFORBID_GUARDS must name a file")
    roles = environment.get("UNFORBID_ROLES", ".unforbid/roles.bin")
    if not roles.strip():
        problems.append("UNFORBID_ROLES must name a file")
    endpoint = environment.get("UNFORBID_ENDPOINT", "")
    if endpoint and not _is_local(endpoint):
        problems.append(f"UNFORBID_ENDPOINT must be 127.0.0.1:PORT or localhost:PORT, not {endpoint!r}")
    look = environment.get("UNFORBID_LOOK", "never")
    if look not in LOOKS:
        problems.append(f"UNFORBID_LOOK must be one of {', '.join(LOOKS)}, not {look!r}")
    organization = environment.get("UNFORBID_ORGANIZATION", "")
    if organization and not (organization.isascii() and organization.isdigit()):
        problems.append(f"UNFORBID_ORGANIZATION must be the organisation's number, not {organization!r}")
    if problems:
        raise SettingsError(problems)
    return Settings(
        store=Path(store),
        journal=Path(journal),
        guards=Path(guards),
        roles=Path(roles),
        endpoint=endpoint,
        look=look == "always",
        organization=organization,
        attachable=tuple(one.strip() for one in environment.get("UNFORBID_ATTACHABLE", "").split(",") if one.strip()),
        quota_project=environment.get("UNFORBID_QUOTA_PROJECT", ""),
        mode=mode,
        merge_for=timedelta(hours=int(hours)),
    )


def _is_local(endpoint: str) -> bool:
    """Whether calls to an endpoint stay on this machine: they carry no credentials and no encryption."""
    host, _, port = endpoint.rpartition(":")
    return host in ("127.0.0.1", "localhost") and port.isascii() and port.isdigit() and 0 < int(port) < 65_536
