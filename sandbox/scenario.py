"""A scenario: an organisation, a call that is refused there, and why. From a YAML file to a world that refuses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from sandbox import scenario_names as names
from sandbox.clock import SandboxClock
from sandbox.closed_yaml import Places, Problem, meant, read_closed
from sandbox.faults import FaultKind
from sandbox.scenario_call import request_of, serial_kill, workload_of
from sandbox.scenario_history import LONG_AGO, happenings
from sandbox.scenario_parts import Note, add_accounts, add_containers, add_data, add_machines
from sandbox.scenario_policies import add_policies
from sandbox.scenario_spec import Spec
from sandbox.world import World
from shared.causes import CAUSES
from shared.errors import NotFound, Permanent
from shared.ports import Clock

SHIPPED = Path(__file__).parent / "scenarios"
MOST_BYTES = 1_048_576
BEGAN_BEFORE = LONG_AGO + timedelta(days=1)
"""How long before its call the world of a scenario begins: machines run since then, and grants hold."""


class ScenarioError(Permanent):
    """A scenario file that cannot be used, with every problem that was found."""

    def __init__(self, name: str, problems: list[Problem]) -> None:
        listed = "".join(f"\n  {one}" for one in problems)
        super().__init__(f"{name}: {len(problems)} problem{'s' if len(problems) != 1 else ''}{listed}")
        self.problems = problems


class Scenario(Struct, frozen=True, kw_only=True):
    """One scenario, checked: its name, what the file says, and the time at which it plays."""

    name: str
    spec: Spec
    start: datetime

    @property
    def title(self) -> str:
        """What it is about, in a few words."""
        return self.spec.title


def shipped() -> dict[str, Path]:
    """The scenarios that come with the sandbox, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}


def find(named: str) -> Path:
    """The file of a scenario by its name or its path; raises `NotFound` where there is none."""
    path, known = Path(named), shipped()
    if named in known:
        return known[named]
    if path.is_file():
        return path
    raise NotFound(f"{named} is neither a file nor a scenario{meant(named, list(known))}; see --list")


def load(path: Path, clock: Clock) -> Scenario:
    """The scenario in a file; the clock tells when it plays if the file does not.

    Raises:
        ScenarioError: the file cannot be read, or something in it is wrong; every problem is listed.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(path.name, [Problem("", 1, f"cannot be read: {error}")]) from error
    spec, places, problems = read_closed(text, Spec)
    if spec is None:
        raise ScenarioError(path.name, problems)
    start = names.time(spec.now) if spec.now else clock.now()
    if start is None:
        said = f"{spec.now!r} is no time; write 2026-11-21T10:00:00Z"
        raise ScenarioError(path.name, [places.problem("now", said)])
    scenario = Scenario(name=path.stem, spec=spec, start=start)
    _check(scenario, places)
    return scenario


def _check(scenario: Scenario, places: Places) -> None:
    found: dict[Problem, None] = {}

    def note(at: str, said: str) -> None:
        found[places.problem(at, said)] = None

    _build(scenario, None, note)
    if found:
        raise ScenarioError(scenario.name, sorted(found, key=lambda problem: problem.line))


def world_of(scenario: Scenario, real: Callable[[], datetime] | None = None) -> World:
    """A world as the scenario describes it, just before its call; with `real`, its time runs on with the machine's."""

    def note(at: str, said: str) -> None:
        raise AssertionError(f"{at}: {said}: a loaded scenario has no problems")

    return _build(scenario, real, note)


def _build(scenario: Scenario, real: Callable[[], datetime] | None, note: Note) -> World:
    spec, now = scenario.spec, scenario.start
    clock = SandboxClock(now, real)
    clock.turn(-BEGAN_BEFORE)
    world = World(clock=clock, organization=spec.organization.id, domain=spec.organization.domain)
    add_containers(world, spec, note)
    add_accounts(world, spec, note)
    add_data(world, spec, note)
    add_machines(world, spec, note)
    add_policies(world, spec, now, note)
    propagation = names.span(spec.propagation)
    if propagation is None:
        note("propagation", f"{spec.propagation!r} is no span of time; write 7m, 90s or 2h")
    world.propagation = propagation or world.propagation
    for when, happens in happenings(world, spec, now, note):
        clock.turn(when - world.now())
        happens()
    clock.turn(now - world.now())
    _add_faults(world, spec, note)
    world.reader_cannot = list(spec.reader.cannot)
    _check_what_is_delivered(world, spec, note)
    return world


def _add_faults(world: World, spec: Spec, note: Note) -> None:
    kinds = [one.value for one in FaultKind]
    for place, fault in enumerate(spec.faults):
        if fault.kind in kinds:
            world.faults.add(fault.method, FaultKind(fault.kind), fault.times, fault.after)
        else:
            hint = meant(fault.kind, kinds) or f"; known are {', '.join(kinds)}"
            note(f"faults[{place}].kind", f"{fault.kind!r} is no fault{hint}")


def _check_what_is_delivered(world: World, spec: Spec, note: Note) -> None:
    if spec.call is not None:
        request_of(world, spec.call, note)
        workload_of(world, spec.call, note)
    elif spec.log != "serial":
        note("", "call is missing; only log: serial can do without one")
    if spec.log == "serial" and serial_kill(world) is None:
        note("log", "no machine logged a kill: it needs serial lines and metadata {serial-port-logging-enable: true}")
    for place, cause in enumerate([spec.truth.cause, *spec.truth.then]):
        if cause not in CAUSES:
            at = "truth.cause" if place == 0 else f"truth.then[{place - 1}]"
            note(at, f"there is no cause {cause}{meant(cause, list(CAUSES))}; `unforbid causes` lists them")
