"""The state of one sandbox: resources with their policies, accounts, groups, logs; changed only by calls."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import SandboxClock, stamp
from sandbox.faults import Faults

CRM = "//cloudresourcemanager.googleapis.com"
Json = dict[str, Any]


@dataclass(kw_only=True)
class Resource:
    """One resource by its full name.

    `body` is its REST representation; `kind` is the collection (`buckets`); `parent` the full name of the resource
    whose policy it inherits, "" for the organisation; `project` the id of the project that owns it, "" above projects.
    `policies` are the allow policies it has had, oldest first, each with the time from which access follows it.
    """

    name: str
    kind: str
    parent: str = ""
    project: str = ""
    body: Json = field(default_factory=dict)
    hidden: Json = field(default_factory=dict)
    policies: list[tuple[datetime, Json]] = field(default_factory=list)
    writes: int = 0

    def policy(self) -> Json:
        """The policy last written, as getIamPolicy with version 3 returns it."""
        return self.policies[-1][1] if self.policies else {"etag": etag(self.writes), "version": 1}

    def policy_at(self, when: datetime) -> Json:
        """The policy that access follows at a time: a change takes a while to arrive everywhere."""
        at = bisect_right(self.policies, when, key=lambda pair: pair[0])
        return self.policies[at - 1][1] if at else {}


def etag(writes: int) -> str:
    """The etag of a policy that was written so many times: base64, as Google's are."""
    import base64

    return base64.b64encode(b"BwX" + writes.to_bytes(5, "big")).decode()


@dataclass(kw_only=True)
class World:
    """Everything a sandbox knows. Calls are served one at a time under `lock`."""

    clock: SandboxClock
    organization: str = "123456789012"
    domain: str = "example.com"
    propagation: timedelta = timedelta()
    ingestion: timedelta = timedelta()
    resources: dict[str, Resource] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    roles: dict[str, Json] = field(default_factory=dict)
    deny_policies: dict[str, Json] = field(default_factory=dict)
    entries: list[Json] = field(default_factory=list)
    operations: dict[str, Json] = field(default_factory=dict)
    tokens: dict[str, Json] = field(default_factory=dict)
    reader_cannot: list[str] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    checked: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def now(self) -> datetime:
        """The sandbox's time."""
        return self.clock.now()

    def add(self, resource: Resource) -> Resource:
        """Put a resource into the world; it inherits from its project unless it says otherwise."""
        if not resource.parent and resource.project:
            resource.parent = f"{CRM}/projects/{resource.project}"
        self.resources[resource.name] = resource
        return resource

    def get(self, name: str) -> Resource | None:
        """A resource by its full name; projects are found by number too, accounts by unique id."""
        if name in self.resources:
            return self.resources[name]
        head, found, unique_id = name.rpartition("/serviceAccounts/")
        if found and unique_id.isdigit():
            accounts = (one for one in self.of_kind("serviceAccounts") if one.body["uniqueId"] == unique_id)
            return next((one for one in accounts if head.endswith((f"/{one.project}", "/-"))), None)
        head, found, rest = name.partition("/projects/")
        number, slash, tail = rest.partition("/")
        if found and number.isdigit() and (project := self.project(number)):
            return self.resources.get(f"{head}/projects/{project.body['projectId']}{slash}{tail}")
        return None

    def project(self, name: str) -> Resource | None:
        """A project by id or number, with or without `projects/`."""
        key = name.removeprefix("projects/")
        if found := self.resources.get(f"{CRM}/projects/{key}"):
            return found
        for one in self.of_kind("projects"):
            if one.body["name"] == f"projects/{key}":
                return one
        return None

    def of_kind(self, kind: str) -> list[Resource]:
        """Every resource of a collection."""
        return [one for one in self.resources.values() if one.kind == kind]

    def lineage(self, resource: Resource) -> list[Resource]:
        """The resource and everything it inherits from, narrowest first."""
        line, one = [], resource
        while one is not None:
            line.append(one)
            above = self.resources.get(one.parent)
            if above is None:
                break
            one = above
        return line

    def set_policy(self, resource: Resource, policy: Json, *, at_once: bool = False) -> Json:
        """Write a policy; access follows it after the propagation delay. What is now stored, with its new etag."""
        resource.writes += 1
        stored = {key: value for key, value in policy.items() if value not in ([], "")} | {
            "etag": etag(resource.writes)
        }
        follows = self.now() if at_once else self.now() + self.propagation
        earlier = resource.policies[-1][0] if resource.policies else follows
        resource.policies.append((max(follows, earlier), stored))
        return stored

    def log(self, entry: Json) -> Json:
        """Append a log entry, completed with what Cloud Logging itself adds."""
        number = len(self.entries) + 1
        now = stamp(self.now())
        whole = {"insertId": f"sb{number:08x}", "timestamp": now, "receiveTimestamp": now, **entry}
        self.entries.append(whole)
        return whole
