"""What the pipeline asks of the outside, as Protocols: Google, the store, the recorder in front of it, the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.model.approval import Approval, Card, Ended, Person, SlackUser, Vote
    from shared.model.effect import Before, Effect, Receipt
    from shared.model.facts import Access, Account, Asset, Beat, Change, DenyRule, FlowLogs, Holding, Policy, Project
    from shared.model.guards import Charge, Pause, Spent, Trip
    from shared.model.journal import Line, Link
    from shared.model.machine import Machine, Surroundings
    from shared.model.memory import MemoryUse, SerialOutput
    from shared.model.names import Permission, Role
    from shared.model.outcomes import MachineType, Operation, Outcomes
    from shared.model.role import RoleDefinition
    from shared.model.run import Dropped, Quarantined, Repeats, Run
    from shared.model.shown import Message
    from shared.model.work import MachineName, OriginalCall


class Clock(Protocol):
    """The time, passed in everywhere so that tests can turn it."""

    def now(self) -> datetime:
        """The current time, in UTC with its zone."""


class Store(Protocol):
    """Where runs, quarantine and drop counts live. Every method raises `StoreUnavailable` when it cannot."""

    def open_run(self, run: Run, opened_after: datetime, entry: bytes) -> Run:
        """Keep a new run with its first entry, or return the one of the same fingerprint that was opened after a time.

        Exactly one wins.
        """

    def entry(self, run_id: str) -> bytes:
        """The entry that opened a run, as it was delivered; raises `NotFound`."""

    def add_repeats(self, repeats: Sequence[Repeats], dropped: Sequence[Dropped]) -> None:
        """Add counts to runs and to drop reasons, all in one write."""

    def learn(self, run: Run) -> None:
        """Keep what looking told of a run: its report, its state and when it was looked at; counts stay as they are.

        Of a run that is gone, nothing is kept.
        """

    def quarantine(self, item: Quarantined) -> None:
        """Keep a message that could not be read, whole; keeping the same one twice keeps one."""

    def runs(self, limit: int) -> list[Run]:
        """The runs seen last, newest first."""

    def run(self, run_id: str) -> Run:
        """One run by its id or an unambiguous beginning of it; raises `NotFound`."""

    def recent_on(self, instance: str, cause: str, seen_after: datetime) -> Run | None:
        """The latest run of a cause on a virtual machine, seen after a time."""

    def quarantined(self, limit: int) -> list[Quarantined]:
        """The messages kept last, newest first."""

    def quarantined_item(self, item_id: str) -> Quarantined:
        """One quarantined message by its id or an unambiguous beginning of it; raises `NotFound`."""

    def dropped(self) -> list[Dropped]:
        """How many messages were no denials, by reason."""


class Recorder(Protocol):
    """What one process does with its findings: first of its kind to the store, repeats merged and counted."""

    def repeat(self, fingerprint: str, key: bytes, at: datetime) -> Run | None:
        """Count an entry towards the run this process knows to be open for it; None if it knows of none."""

    def open(self, run: Run, key: bytes, entry: bytes) -> tuple[Run, bool]:
        """Store a new run with its entry, or count it towards the open one; the run, and whether it was merged."""

    def claim_look(self, run: Run, key: bytes) -> bool:
        """Whether this caller is the one to ask Google about a run: its own first entry, asked by nobody so far."""

    def give_back(self, run: Run) -> None:
        """Look at a run no longer: the next delivery of its entry may."""

    def learn(self, run: Run) -> None:
        """Keep what Google told of a run; where that fails, the next delivery of its entry may look again."""

    def drop(self, reason: str) -> None:
        """Count a message that is no denial."""

    def quarantine(self, item: Quarantined) -> None:
        """Keep a message that could not be read."""

    def flush(self) -> None:
        """Write what is counted but not yet stored."""


class Facts(Protocol):
    """Questions to Google Cloud; nothing here can change anything.

    Resources are full resource names (`//storage.googleapis.com/projects/_/buckets/b`), a project is `projects/ID`
    or `projects/NUMBER`.
    Every method raises `NotAllowedToLook` where Google refuses us the question, `NotFound` where what was asked about
    does not exist, and `LookFailed` where no usable answer came in time. None and empty are answers, never failures.
    """

    def entry(self, log_name: str, insert_id: str, at: datetime) -> bytes | None:
        """Cloud Logging's own copy of an entry as LogEntry JSON, None if it has no such entry."""

    def access(self, principal: str, permission: Permission, resource: str, at: datetime | None) -> Access:
        """Policy Troubleshooter's answer for a Google account or service account by e-mail, at a time."""

    def policy(self, resource: str) -> Policy:
        """The allow policy of a resource, conditions included."""

    def uniform_access(self, bucket: str) -> bool:
        """Whether policies alone decide in a bucket; without that its policy takes no conditions."""

    def deny_rules(self, on: str) -> tuple[DenyRule, ...]:
        """The rules of all deny policies attached to `projects/P`, `folders/N` or `organizations/N` itself."""

    def project(self, project: str) -> Project:
        """A project by `projects/ID` or `projects/NUMBER`."""

    def ancestry(self, project: str) -> tuple[str, ...]:
        """`projects/NUMBER`, then its folders, then `organizations/N`, narrowest first."""

    def service_is_on(self, project: str, service: str) -> bool:
        """Whether an API is enabled in a project (Service Usage)."""

    def account(self, email: str) -> Account:
        """A service account by its address, read in the project that owns it."""

    def changes(self, project: str, since: datetime, until: datetime) -> tuple[Change, ...]:
        """Successful changes of policies, APIs and accounts in a project between two times, newest first."""

    def machine(self, project: str, zone: str, instance: str) -> Machine:
        """A virtual machine by name or numeric id."""

    def surroundings(self, machine: Machine) -> Surroundings:
        """What stands around a machine: reserved addresses, groups, schedules, routes, operations in flight."""

    def serial(self, project: str, zone: str, instance: str) -> SerialOutput:
        """Everything the serial console of a running machine still holds (port 1, at most 1 MB)."""

    def beat(self, project: str, instance_id: str, since: datetime) -> Beat:
        """When the agents of a machine were last heard since a time, and what they said of themselves."""

    def memory_use(self, machine: Machine, since: datetime, until: datetime) -> MemoryUse:
        """How full the memory of a machine was between two times, as Cloud Monitoring keeps it."""

    def machine_type(self, project: str, zone: str, name: str) -> MachineType:
        """A machine type of a zone with the quota left for it; `NotFound` where the zone has none of that name."""

    def flow_logs(self, subnet: str) -> FlowLogs:
        """Whether flow logs are on for `projects/P/regions/R/subnetworks/S`."""

    def role(self, name: Role) -> RoleDefinition:
        """A role as it is now."""

    def grantable(self, resource: str) -> frozenset[Role]:
        """The roles that Google accepts in the policy of a resource."""

    def assets(self, scope: str, query: str) -> tuple[Asset, ...]:
        """Resources under `organizations/N`, `folders/N` or `projects/P` that match a search."""


class Sight(Facts, Protocol):
    """What carrying out a fix has to see, beside what explaining one does. Nothing here can change anything either."""

    def enabled_services(self, project: str) -> frozenset[str]:
        """Every API that is on in a project."""

    def held(self, resource: str, wanted: tuple[str, ...]) -> frozenset[str]:
        """Those of some permissions that we have on a resource ourselves; a bare verb is one of its own kind's."""

    def holdings(self, scope: str, member: str) -> tuple[Holding, ...]:
        """What a member has been given by its own name under `organizations/N`, `folders/N` or `projects/P`."""

    def operation(self, machine: MachineName, name: str) -> Operation:
        """An operation of Compute Engine on a machine; `NotFound` where it is no longer known."""

    def outcomes(self, call: OriginalCall, since: datetime, until: datetime) -> Outcomes:
        """What became of calls like the refused one between two times, as far as logs show."""

    def flow_seen(self, machine: Machine, since: datetime) -> datetime | None:
        """When a flow from or to a machine was last recorded since a time, whoever's network it is; None for never."""


class Cloud(Protocol):
    """The one port that changes anything. Handed to the executor and the sweeper only."""

    def perform(self, effect: Effect, before: Before, reason: str = "") -> Receipt:
        """Do one effect, safely to be repeated; what came of it, a refusal for good included.

        `reason` goes to Google's own audit log, so that its entries can be joined with the journal.

        Raises:
            LookFailed: whether it happened is not known, or a passing fault prevented it; doing it again is safe.
        """


class Journal(Protocol):
    """Where the lines of fixes are kept. Every method raises `StoreUnavailable` when it cannot."""

    def append(self, line: Line) -> None:
        """Keep a line under its number; raises `Overtaken` where another line has that number."""

    def lines(self, fix: str) -> list[Line]:
        """Every line of a fix in order; raises `NotFound` where there is none."""

    def links(self) -> Iterator[Link]:
        """The chain of all lines that were ever kept, from the first on."""

    def head(self) -> Link | None:
        """The end of that chain, None where nothing was ever written."""

    def fixes(self, run: str | None = None) -> list[str]:
        """The ids of all fixes, or those of one run, newest first."""

    def unfinished(self) -> list[str]:
        """The ids of the fixes that have not ended."""

    def take_lease(self, target: str, fix: str, until: datetime, now: datetime) -> bool:
        """Hold a target for a fix until a time; False where another fix holds it."""

    def free_leases(self, fix: str) -> None:
        """Let go of every target that a fix holds: it is over."""


class Queue(Protocol):
    """What is to be done when. Delivered at least once, and kept over a restart."""

    def put(self, fix: str, due: datetime) -> None:
        """Look after a fix at a time, and no longer at an earlier one that was put before."""

    def due(self, now: datetime, limit: int) -> list[str]:
        """The fixes that are due, longest due first; each stays due until it is put again or dropped."""

    def drop(self, fix: str) -> None:
        """Look after a fix no more."""

    def next_due(self) -> datetime | None:
        """When the next fix is due, None where none waits."""


class Ballots(Protocol):
    """Where questions to people and their votes are kept. Every method raises `StoreUnavailable` when it cannot."""

    def ask(self, approval: Approval) -> Approval:
        """Keep a question, or return the one that is kept under its id already."""

    def approval(self, approval_id: str) -> Approval:
        """A question by its id or an unambiguous beginning of it; raises `NotFound`."""

    def open(self) -> list[Approval]:
        """The questions that have not ended, oldest first."""

    def of_run(self, run: str) -> list[Approval]:
        """Every question about a run, newest first."""

    def vote(self, vote: Vote) -> bool:
        """Keep a vote; False where that person has voted on that question before, or it has ended.

        A deny is kept after the end as well where that is a fix, which may not have begun yet.

        Raises:
            NotFound: there is no such question.
        """

    def votes(self, approval_id: str) -> list[Vote]:
        """The votes on a question, in the order in which they were kept."""

    def end(self, ended: Ended) -> Ended:
        """End a question; the end that counts, which is another one where it had ended already.

        A question on which a deny is kept can only end as denied: whoever wants it consumed finds it denied. Votes and
        ends of a question are written one after the other, so no deny comes in between.

        Raises:
            NotFound: there is no such question.
        """

    def ended(self, approval_id: str) -> Ended | None:
        """How a question ended, None while it is open."""

    def first_time(self, digest: bytes, until: datetime) -> bool:
        """Whether a request is seen for the first time; remembered at least until a time."""

    def card(self, run: str) -> Card | None:
        """Where a run is shown, None where it is not."""

    def keep_card(self, card: Card) -> None:
        """Remember where a run is shown."""

    def snooze(self, run: str, until: datetime, by: str) -> None:
        """Do not show or remind of a run until a time."""

    def snoozed(self, run: str) -> datetime | None:
        """Until when a run is snoozed, None where it is not."""

    def person_of(self, account: SlackUser) -> Person | None:
        """The person behind an account of Slack, None for an unknown one."""

    def keep_person(self, account: SlackUser, person: Person) -> None:
        """Say which person is behind an account of Slack; said again, the last word holds."""

    def people(self) -> list[tuple[SlackUser, Person]]:
        """Every account of Slack with its person, by address."""


class Directory(Protocol):
    """Questions to the organisation's directory. Raises `NotAllowedToLook` and `LookFailed` as `Facts` does."""

    def is_member(self, group_id: str, member: str) -> bool:
        """Whether an e-mail address belongs to a group, by its id or its address: directly, or through groups in it."""


class Chat(Protocol):
    """Where people are shown what happens. Raises `ChatUnavailable` and `ChatRefused`; a message is never an answer."""

    def post(self, channel: str, message: Message, below: str = "") -> str:
        """Show a message in a channel, in the thread below another one where that is named; its name there."""

    def edit(self, card: Card, message: Message) -> None:
        """Show something else in a message's place; showing the same again changes nothing."""


Fits = Callable[["Sequence[Spent]"], tuple[str, ...]]
"""Whether charges still fit, given what was counted before: the reasons why not."""


class Guards(Protocol):
    """Switches, budgets and breakers, in a store of their own; `StoreUnavailable` where that cannot be used."""

    def pauses(self) -> tuple[Pause, ...]:
        """Every stop that is set now."""

    def pause(self, pause: Pause) -> None:
        """Set a stop; setting it again keeps the first."""

    def resume(self, scope: str) -> bool:
        """Lift a stop; False where none was set there."""

    def spent(self, charges: Sequence[Charge], since: datetime) -> list[Spent]:
        """What was counted since a time against the budgets of these charges."""

    def spend(self, charges: Sequence[Charge], key: str, now: datetime, since: datetime, fits: Fits) -> tuple[str, ...]:
        """Count all of these or none, in one step: the reasons why not, () where they were counted.

        `fits` is given what was counted since a time. Counting again under the same key changes nothing and is allowed.
        """

    def tripped(self, trip: Trip) -> None:
        """Remember how an effect went."""

    def trips(self, since: datetime) -> list[Trip]:
        """How effects went since a time, oldest first."""

    def denied(self, principal: str, fingerprint: str, at: datetime) -> None:
        """Remember that a principal was refused something."""

    def denials(self, principal: str, since: datetime) -> list[datetime]:
        """When a principal met each of its different refusals since a time, oldest first."""
