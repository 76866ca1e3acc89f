"""One organisation that unforbid is deployed in: sandbox, emulators, Slack, tasks and every function, together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from fakes.slack import FakeSlack, served
from msgspec import Struct
from msgspec.structs import replace

from e2e import emulators
from e2e.clock import SharedClock
from e2e.delivery import Sender, sending
from e2e.deployment import DETECT, FUNCTIONS, HOME, NAME, NUMBER, PUSH, ROOT, SWEEP, WAKE, environment, of_operators
from e2e.feed import Feed
from e2e.front import Front, listening, token
from e2e.processes import Instance, Launcher, launching, running
from sandbox.scenario import Scenario, world_of
from sandbox.scenario_spec import Project
from sandbox.server import serving
from sandbox.services.cloud_identity import group_id
from sandbox.task_delivery import posted
from sandbox.tasks import TaskQueues, serving_tasks
from sandbox.world import World
from shared import wiring
from shared.adapters.firestore_database import CONCERNS, name_of
from shared.model.approval import Person, SlackUser
from shared.model.guards import EVERYTHING

OWNERS, SECURITY = "owners@example.com", "security@example.com"
PEOPLE = {"ann": OWNERS, "bob": OWNERS, "sue": SECURITY}
TEAM = "T000000001"
SWEPT_EVERY = timedelta(minutes=5)


@dataclass(kw_only=True)
class Town:
    """Everything there is to see and to do from outside of the functions."""

    world: World
    clock: SharedClock
    endpoint: str
    tasks: TaskQueues
    feed: Feed
    slack: FakeSlack
    fronts: dict[str, Front]
    instances: dict[str, Instance]
    sender: Sender | None = None

    def sweep(self) -> int:
        """What Cloud Scheduler does every five minutes; the status of the answer."""
        bearer = f"Bearer {token(WAKE, SWEEP.url, self.clock.now())}"
        return self.post(SWEEP.url, {"Authorization": bearer}, b"", 320.0)

    def post(self, url: str, headers: dict[str, str], body: bytes, seconds: float) -> int:
        """A request to the address that a function has in production, which is that of its front here."""
        return posted(self.here(url), headers, body, seconds)

    def here(self, url: str) -> str:
        """Where a function's address leads on this machine."""
        host = urlsplit(url).hostname
        front = next(self.fronts[one.name] for one in FUNCTIONS if urlsplit(one.url).hostname == host)
        return f"http://127.0.0.1:{front.port}/"

    def is_quiet(self) -> bool:
        """Whether nothing is on its way: every message is acknowledged, and no task is due."""
        at = self.tasks.next_at()
        due = at is not None and at <= self.clock.now()
        return not due and self.fronts[DETECT.name].done >= self.feed.published and not self.inside()

    def inside(self) -> int:
        """How many requests the functions have now."""
        return sum(one.inside for one in self.fronts.values())


class Foundations(Struct, frozen=True, kw_only=True):
    """What several organisations use one after the other."""

    pubsub: str
    firestore: str
    launcher: Launcher
    clock: SharedClock


@contextmanager
def foundations(folder: Path) -> Iterator[Foundations]:
    """What several organisations can use one after the other: the emulators, the launcher, the clock."""
    clock = SharedClock(folder / "clock")
    with ExitStack() as until_the_end:
        pubsub = until_the_end.enter_context(emulators.pubsub())
        firestore = until_the_end.enter_context(emulators.firestore())
        launcher = until_the_end.enter_context(launching(folder))
        yield Foundations(pubsub=pubsub, firestore=firestore, launcher=launcher, clock=clock)


@contextmanager
def settled(
    scenario: Scenario, folder: Path, below: Foundations, rng: Random | None = None, twice: int = 0
) -> Iterator[Town]:
    """An organisation as a scenario tells of it, with two groups of people and unforbid in a project of its own."""
    clock, world = below.clock, _world(scenario, below.clock)
    _write_policy(folder / "policy")
    with ExitStack() as until_the_end:
        enter = until_the_end.enter_context
        endpoint = enter(serving(world))
        tasks, tasks_at = enter(serving_tasks(clock.now))
        slack = enter(served())
        settings = {"ENDPOINT": endpoint, "TASKS_ENDPOINT": tasks_at, "SLACK_API_URL": slack.api_url}
        settings |= {"ORGANIZATION": world.organization, "DOMAINS": "example.com", "POLICY": str(folder / "policy")}
        surely = {"FIRESTORE_EMULATOR_HOST": below.firestore}
        instances = {
            one.name: Instance(one, below.launcher, {**environment(one, settings), **surely}) for one in FUNCTIONS
        }
        made = [Front(one.name, instances[one.name].port, one.at_once, one.invoker) for one in FUNCTIONS]
        fronts = {one.name: enter(listening(one)) for one in made}
        fronts[DETECT.name].token = lambda: token(PUSH, DETECT.url, clock.now())
        town = Town(
            world=world,
            clock=clock,
            endpoint=endpoint,
            tasks=tasks,
            feed=Feed(below.pubsub, f"http://127.0.0.1:{fronts[DETECT.name].port}/"),
            slack=slack,
            fronts=fronts,
            instances=instances,
        )
        until_the_end.callback(town.feed.close)
        os.environ.update(surely)
        enter(_at_a_terminal(settings, clock))
        _wipe(below.firestore)
        _by_operators(clock.now())
        enter(running(list(instances.values())))
        town.sender = Sender(tasks, town.post, rng or Random(1), twice)  # noqa: S311 - chooses what is sent twice
        enter(sending(town.sender))
        yield town


def _world(scenario: Scenario, clock: SharedClock) -> World:
    """The world of a scenario, now, with a project for unforbid, and groups of people who may say yes."""
    home = Project(number=NUMBER, folder="")
    spec = replace(scenario.spec, projects={**scenario.spec.projects, HOME: home})
    world = world_of(replace(scenario, spec=spec, start=clock.now()), clock.now)
    for group in (OWNERS, SECURITY):
        world.groups[group] = [f"user:{who}@example.com" for who, of in PEOPLE.items() if of == group]
    return world


def _wipe(firestore: str) -> None:
    """Empty every database: this is another organisation."""
    host, _, port = firestore.partition(":")
    for concern in CONCERNS:
        connection = HTTPConnection(host, int(port), timeout=60)
        path = f"/emulator/v1/projects/{HOME}/databases/{name_of(concern, NAME)}/documents"
        connection.request("DELETE", path)
        if connection.getresponse().status != 200:
            raise RuntimeError(f"the database of {concern} cannot be emptied")
        connection.close()


@contextmanager
def _at_a_terminal(settings: dict[str, str], clock: SharedClock) -> Iterator[None]:
    """This process as that of somebody who looks after the deployment: `wiring` leads to the same databases."""
    before = dict(os.environ)
    os.environ.update(of_operators(settings))
    wiring.forget()
    vars(wiring)["clock"] = lambda: clock
    try:
        yield
    finally:
        wiring.forget()
        os.environ.clear()
        os.environ.update(before)


def _by_operators(now: datetime) -> None:
    """What people do once: `unforbid resume organization`, `unforbid people`; and the rules are there for two hours.

    What is new permits nothing for an hour.
    """
    wiring.guards().resume(EVERYTHING)
    for who in PEOPLE:
        person = Person(id=f"id-{who}", email=f"{who}@example.com")
        wiring.ballots().keep_person(SlackUser(team=TEAM, user=f"U{who.upper()}"), person)
    policy = wiring.settings().gate.policy
    assert policy is not None  # noqa: S101
    wiring.rules(policy)(now - timedelta(hours=2))


def _write_policy(path: Path) -> None:
    """The rules, with the ids that the groups have in the sandbox."""
    text = (ROOT / "e2e/policy.yaml").read_text("utf-8")
    for name, group in {"OWNERS": OWNERS, "SECURITY": SECURITY}.items():
        text = text.replace(f"id: {name}", f"id: {group_id(group)}")
    path.write_text(text, "utf-8")
