"""Rules and steps for tests, in one line each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.model.decision import Mode, Quorum
from shared.model.policy import GatePolicy, PrincipalMatch, Rule, TargetMatch, Then, When
from shared.model.subject import Subject
from shared.policy.load import load

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
APP = "serviceAccount:app@acme-dev.iam.gserviceaccount.com"
BUCKET = "//storage.googleapis.com/projects/_/buckets/b"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/acme-dev"
OWNERS, SECURITY = Quorum(name="owners", group_id="g1"), Quorum(name="security", group_id="g2")


def step(**facts: Any) -> Subject:
    """A grant that everything is known of, unless said otherwise."""
    known: dict[str, Any] = {
        "source": "audit",
        "cause": "iam.allow_missing",
        "action": "grant_role",
        "principal": APP,
        "principal_project": "projects/acme-dev",
        "permissions": ("logging.logEntries.create",),
        "target": PROJECT,
        "kind": "project",
        "project": "projects/acme-dev",
        "ancestry": ("projects/77", "folders/1", "organizations/9"),
        "labels": {"env": "dev"},
        "roles": ("roles/logging.logWriter",),
    }
    return Subject(**{**known, **facts})


def enabling(**facts: Any) -> Subject:
    """The enabling of an API that everything is known of, unless said otherwise."""
    known: dict[str, Any] = {
        "cause": "api.disabled",
        "action": "enable_api",
        "permissions": (),
        "roles": (),
        "services": ("pubsub.googleapis.com",),
    }
    return step(**{**known, **facts})


def rule(named: str = "one", mode: Mode = Mode.ASK, *, when: dict[str, Any] | None = None, **then: Any) -> Rule:
    """A rule; one that permits is about granting the log writer's role, unless said otherwise."""
    if mode in (Mode.ASK, Mode.AUTO):
        then = {"action": "grant_role", "roles": ("roles/logging.logWriter",), **then}
    if mode is Mode.ASK:
        then = {"quorums": (OWNERS,), **then}
    return Rule(id=named, when=when_of(**(when or {"cause": ("iam.allow_missing",)})), then=Then(mode=mode, **then))


def when_of(**asked: Any) -> When:
    """What a rule asks for, with principal and target by their keys."""
    principal = {key: asked.pop(key) for key in ("exactly", "in_group", "of_target_project") if key in asked}
    target = {key: asked.pop(key) for key in ("named", "under", "kind", "labels") if key in asked}
    if "named" in target:
        target["exactly"] = target.pop("named")
    return When(
        principal=PrincipalMatch(**principal) if principal else None,
        target=TargetMatch(**target) if target else None,
        **asked,
    )


def policy(*rules: Rule) -> GatePolicy:
    """A policy of these rules."""
    return GatePolicy(digest="d", rules=rules)


def loaded(text: str, **known: Any) -> GatePolicy:
    """The policy in a text, as of a fixed day."""
    return load(text.encode(), now=known.pop("now", NOW), **known)
