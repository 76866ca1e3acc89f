"""What may stand in a scenario file: every part with its default. How to write one is told in `docs/sandbox.md`."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

Named = list[str] | dict[str, list[str]]
"""Names, or names with what is inside them: `[photos]`, `{photos: [cat.jpg]}`."""
LOGS = Literal["audit", "application", "serial"]
Plain = dict[str, Any]
BASE = {"acme-web": "111111111111", "acme-data": "222222222222"}
"""The projects, by number, of a file that names none of its own; they are in the folder `web`."""


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of the file: names it does not know are problems."""


class Organization(Part, frozen=True, kw_only=True):
    """The organisation and its domain; `only_domain` is whether an organisation policy keeps others out."""

    id: str = "123456789012"
    domain: str = "example.com"
    only_domain: bool = False


class Folder(Part, frozen=True, kw_only=True):
    """A folder by a name of the file's own; `inside` names another one."""

    id: str
    inside: str = ""


class Project(Part, frozen=True, kw_only=True):
    """A project; `outside` has no organisation of ours above it. `off` are APIs, `data_access_logs` audit reads too."""

    number: str
    folder: str = "web"
    outside: bool = False
    off: list[str] = []
    labels: dict[str, str] = {}
    data_access_logs: bool = True


class Account(Part, frozen=True, kw_only=True):
    """A service account; without a `unique_id` it gets one that follows from its address."""

    unique_id: str = ""
    disabled: bool = False


class Subscription(Part, frozen=True, kw_only=True):
    """A subscription and the topic it is attached to."""

    topic: str


class Agent(Part, frozen=True, kw_only=True):
    """When the Ops Agent of a machine was heard, and the codes its self-check reported the last time."""

    heard: list[str] = []
    codes: list[str] = []


class Machine(Part, frozen=True, kw_only=True):
    """A virtual machine. `scopes` are short (`devstorage.read_only`) or the word `default`.

    `serial` are the lines of its serial console, by when they were printed; `body` is whatever else `instances.get`
    says of it, in that API's own words; `behaves` is how it misbehaves, in those of `sandbox/machines.py`; `flow_logs`
    is whether they are on in its subnetwork; `memory` is how full its memory was measured to be, in percent, by when.
    """

    zone: str = "europe-west1-b"
    account: str = ""
    scopes: list[str] | str = "default"
    status: str = "RUNNING"
    labels: dict[str, str] = {}
    metadata: dict[str, str] = {}
    serial: dict[str, str] = {}
    agent: Agent = Agent()
    body: Plain = {}
    behaves: Plain = {}
    flow_logs: bool = True
    memory: Plain = {}


class Grant(Part, frozen=True, kw_only=True):
    """One binding that held before anything in `history` happened."""

    role: str
    to: list[str] | str
    on: str
    until: str = ""
    condition: str = field(default="", name="if")
    title: str = ""


class Deny(Part, frozen=True, kw_only=True):
    """A deny policy of one rule. Members and permissions may be written as allow policies write them."""

    on: str
    permissions: list[str]
    principals: list[str]
    exempt: list[str] = field(default=[], name="except")
    except_permissions: list[str] = []
    title: str = ""
    id: str = "deny-1"


class Role(Part, frozen=True, kw_only=True):
    """A custom role by its name (`projects/P/roles/R`)."""

    permissions: list[str]
    title: str = ""
    deleted: bool = False


class Event(Part, frozen=True, kw_only=True):
    """Something that was done before the call, and is done when the sandbox starts: state and activity log follow.

    `added` and `removed` are bindings as `ROLE MEMBER`; `service` is the API that was switched.
    """

    at: str
    by: str
    did: Literal[
        "SetIamPolicy",
        "EnableService",
        "DisableService",
        "CreateServiceAccount",
        "DeleteServiceAccount",
        "DisableServiceAccount",
        "EnableServiceAccount",
        "Delete",
    ]
    on: str
    added: list[str] = []
    removed: list[str] = []
    service: str = ""


class Reader(Part, frozen=True, kw_only=True):
    """What unforbid itself may not look at: permissions, `*` for any part."""

    cannot: list[str] = []


class FaultPart(Part, frozen=True, kw_only=True):
    """A fault: what happens to calls of a method (`policytroubleshooter.*`), how often, after how many."""

    method: str
    kind: str
    times: int = 1
    after: int = 0


class CallPart(Part, frozen=True, kw_only=True):
    """The call that is refused: who, what, on what.

    `caller` is an IAM member, `vm:NAME` for whoever asks the metadata server of a machine, or `key:EMAIL` for a key
    file. `impersonating` is an account whose token is minted first. `billed_to` is a quota project; `within` the
    project that a query runs in; `printed_on` names the machine, or `pods/NAME`, whose program made the call.
    """

    caller: str = field(name="as")
    do: str
    on: str
    impersonating: str = ""
    billed_to: str = ""
    within: str = field(default="", name="in")
    printed_on: str = ""


class Truth(Part, frozen=True, kw_only=True):
    """Why the call is refused: the id of a cause, and words that a person can check against the file.

    `then` are the causes that remain when the first is mended, in order. `hidden` is whether unforbid may not see it,
    so that "could not tell" is the right answer. `twins` names the scenarios whose refusal reads the same.
    """

    cause: str
    because: str
    then: list[str] = []
    hidden: bool = False
    twins: str = ""


class Spec(Part, frozen=True, kw_only=True):
    """One scenario file."""

    title: str
    truth: Truth
    about: str = ""
    now: str = ""
    organization: Organization = Organization()
    folders: dict[str, Folder] = field(default_factory=lambda: {"web": Folder(id="1001")})
    projects: dict[str, Project] = field(default_factory=lambda: {name: Project(number=BASE[name]) for name in BASE})
    accounts: list[str] | dict[str, Account | None] = []
    groups: dict[str, list[str]] = {}
    buckets: dict[str, Named] = {}
    topics: dict[str, list[str]] = {}
    subscriptions: dict[str, dict[str, Subscription]] = {}
    secrets: dict[str, Named] = {}
    datasets: dict[str, Named] = {}
    keys: dict[str, list[str]] = {}
    repositories: dict[str, list[str]] = {}
    run_services: dict[str, list[str]] = {}
    machines: dict[str, dict[str, Machine | None]] = {}
    grants: list[Grant] = []
    deny: list[Deny] = []
    custom_roles: dict[str, Role] = {}
    history: list[Event] = []
    propagation: str = "7m"
    reader: Reader = Reader()
    faults: list[FaultPart] = []
    call: CallPart | None = None
    log: LOGS = "application"
