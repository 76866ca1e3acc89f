"""What an operator may set, read once from the environment; every problem is reported together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from shared.errors import SettingsError
from shared.gate_settings import GATE, GateSettings, gate_problems, gate_settings
from shared.slack_settings import SLACK, SlackSettings, slack_problems, slack_settings
from shared.waking_settings import WAKES, WakingSettings, is_local, waking_problems, waking_settings

PREFIX = "UNFORBID_"
LOOKS = ("never", "always")
BACKENDS = SQLITE, GOOGLE = ("sqlite", "google")
DOCUMENTED = {
    "UNFORBID_STORE": "path of the embedded store's SQLite file; default .unforbid/unforbid.db",
    "UNFORBID_JOURNAL": "path of the journal of fixes; default .unforbid/journal.db",
    "UNFORBID_BACKEND": "google: runs and fixes are kept in Firestore; sqlite, the default: in files of this machine",
    "UNFORBID_PROJECT": "id of the project of the Firestore databases; needed with UNFORBID_BACKEND=google",
    "UNFORBID_FIRESTORE_DATABASE": "NAME: the databases are NAME-runs, NAME-journal and so on; default: one, (default)",
    "UNFORBID_AUDIENCE": "audience that callers' tokens must be made for; needed with google in every function we call",
    "UNFORBID_CALLERS": "service accounts that may call the function, separated by commas; needed with the audience",
    "UNFORBID_GUARDS": "path of the switches, budgets and breakers; default .unforbid/guards.db",
    "UNFORBID_ROLES": "path of the organisation's catalogue of roles; default .unforbid/roles.bin",
    "UNFORBID_ENDPOINT": "HOST:PORT on this machine that answers in Google's place; default: Google answers",
    "UNFORBID_LOOK": "always: ask Google about each new denial worth it (reading only); never, the default",
    "UNFORBID_ORGANIZATION": "number of the organisation whose resources are ours; default: it is not checked",
    "UNFORBID_ATTACHABLE": "service accounts that a machine may be given, separated by commas; default none",
    "UNFORBID_QUOTA_PROJECT": "project that our questions to Google are accounted to; default: the credentials' own",
    "UNFORBID_MERGE_HOURS": "for how long repeats of one denial are merged into one run, 1 to 168; default 24",
    **WAKES,
    **GATE,
    **SLACK,
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
    backend: str = SQLITE
    project: str = ""
    database: str = "(default)"
    audience: str = ""
    callers: frozenset[str] = frozenset()
    slack: SlackSettings = SlackSettings()
    gate: GateSettings = GateSettings()
    waking: WakingSettings = WakingSettings()
    merge_for: timedelta = timedelta(hours=24)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment; raises `SettingsError` with every problem there is."""
    problems = [
        f"{name} is not a setting; known are {', '.join(DOCUMENTED)}"
        for name in environment
        if name.startswith(PREFIX) and name not in DOCUMENTED
    ]
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
    if endpoint and not is_local(endpoint):
        problems.append(f"UNFORBID_ENDPOINT must be 127.0.0.1:PORT or localhost:PORT, not {endpoint!r}")
    look = environment.get("UNFORBID_LOOK", "never")
    if look not in LOOKS:
        problems.append(f"UNFORBID_LOOK must be one of {', '.join(LOOKS)}, not {look!r}")
    organization = environment.get("UNFORBID_ORGANIZATION", "")
    if organization and not (organization.isascii() and organization.isdigit()):
        problems.append(f"UNFORBID_ORGANIZATION must be the organisation's number, not {organization!r}")
    problems += _backend_problems(environment)
    problems += waking_problems(environment)
    problems += gate_problems(environment)
    problems += slack_problems(environment)
    if problems:
        raise SettingsError(problems)
    return Settings(
        backend=environment.get("UNFORBID_BACKEND", SQLITE),
        project=environment.get("UNFORBID_PROJECT", ""),
        database=environment.get("UNFORBID_FIRESTORE_DATABASE", "(default)"),
        audience=environment.get("UNFORBID_AUDIENCE", ""),
        callers=frozenset(_listed(environment, "UNFORBID_CALLERS")),
        store=Path(store),
        journal=Path(journal),
        guards=Path(guards),
        roles=Path(roles),
        endpoint=endpoint,
        look=look == "always",
        organization=organization,
        attachable=_listed(environment, "UNFORBID_ATTACHABLE"),
        quota_project=environment.get("UNFORBID_QUOTA_PROJECT", ""),
        slack=slack_settings(environment),
        gate=gate_settings(environment),
        waking=waking_settings(environment),
        merge_for=timedelta(hours=int(hours)),
    )


def _backend_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with where runs and fixes are kept, and with who may call."""
    backend = environment.get("UNFORBID_BACKEND", SQLITE)
    if backend not in BACKENDS:
        yield f"UNFORBID_BACKEND must be one of {', '.join(BACKENDS)}, not {backend!r}"
    if backend == GOOGLE and not environment.get("UNFORBID_PROJECT"):
        yield "UNFORBID_PROJECT must be the id of a project where UNFORBID_BACKEND is google"
    if environment.get("UNFORBID_FIRESTORE_DATABASE") == "":
        yield "UNFORBID_FIRESTORE_DATABASE must name a database; leave it out for (default)"
    yield from _caller_problems(environment)


def _caller_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with who may call the function; an audience that is blank would be no check at all."""
    audience = environment.get("UNFORBID_AUDIENCE")
    if audience is not None and not audience.startswith("https://"):
        yield f"UNFORBID_AUDIENCE must begin with https://, as the address of the function does, not {audience!r}"
    callers = _listed(environment, "UNFORBID_CALLERS")
    if "UNFORBID_CALLERS" in environment and not (callers and audience):
        yield "UNFORBID_CALLERS must name at least one service account, beside UNFORBID_AUDIENCE"
    for email in callers:
        if not email.endswith(".gserviceaccount.com"):
            yield f"UNFORBID_CALLERS must be e-mails of service accounts, not {email!r}"


def _listed(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in environment.get(name, "").split(",") if one.strip())
