"""Runs as cards show them, built in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from shared.model.approval import Approval, Choice, Person, Standing, State, Uncounted, Vote
from shared.model.decision import ASK, Decision, Quorum
from shared.model.diagnosis import Also
from shared.model.evidence import YES, Finding
from shared.model.facts import Condition
from shared.model.names import Permission, Role
from shared.model.plan import Action, Tier
from shared.model.report import Report
from shared.model.role import CatalogueOrigin, RoleProof, Weighed
from shared.model.shown import Shown, Stage
from shared.model.work import Access, Attached, Grant, MachineName

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
RUN = "r-1f2e3d4c5b6a"
BUCKET = "//storage.googleapis.com/projects/_/buckets/acme-photos"
UPLOADER = "uploader@acme-web.iam.gserviceaccount.com"
CREATOR, ADMIN = Role("roles/storage.objectCreator"), Role("roles/storage.objectAdmin")
CREATE = Permission("storage.objects.create")
HASH = "7d0c4b1a" * 8
ANN, BOB = Person(id="1001", email="ann@example.com"), Person(id="1002", email="bob@example.com")
OWNERS = Quorum(name="photo-owners", group_id="03abc")
SECURITY = Quorum(name="security", group_id="01xyz")


def weighed(role: Role, excess: int, dangerous: int = 0, **other: Any) -> Weighed:
    worst = (Permission("storage.objects.delete"),) * bool(dangerous)
    said = {"score": float(excess), "refusal": "", "curated": False, **other}
    return Weighed(role=role, excess=excess, dangerous=dangerous, worst=worst, **said)


def action(**other: Any) -> Action:
    proof = RoleProof(
        permissions=(CREATE,),
        why="it gives least beyond the ask",
        candidates=(weighed(CREATOR, 3), weighed(ADMIN, 14, 2)),
        digest="d",
        catalogue=CatalogueOrigin(NOW, "the organisation"),
    )
    said = {
        "action": "grant_role",
        "changes": True,
        "tier": Tier.T1,
        "target": BUCKET,
        "member": f"serviceAccount:{UPLOADER}",
        "role": CREATOR,
        "why": "roles/storage.objectCreator holds storage.objects.create",
        "undo": "remove exactly this member from exactly this binding, and only if this run added it",
        "proof": proof,
    }
    return Action(**{**said, **other})


def report(**other: Any) -> Report:
    said = {
        "id": "1",
        "verdict": "denial",
        "reason": "The caller may not create objects in this bucket: no role of it holds the permission.",
        "cause": "gcs.iam",
        "title": "May not use the bucket",
        "confidence": "high",
        "also": (Also("iam.deny", "a deny policy forbids it: no role would help"),),
        "principal": UPLOADER,
        "permissions": (CREATE,),
        "resource": BUCKET,
        "service": "storage.googleapis.com",
        "trust": "audit",
        "evidence": ("permission storage.objects.create was not granted",),
        "proven": "yes",
        "looks": (Finding(asked="may it do that there", verdict=YES, said="NOT_GRANTED says Policy Troubleshooter"),),
        "plan": (action(),),
        "decision": Decision(ASK, ("rule photo-uploads asks its owners",)),
    }
    return Report(**{**said, **other})


def grant(**other: Any) -> Grant:
    until = NOW + timedelta(hours=1)
    said = {
        "resource": BUCKET,
        "role": CREATOR,
        "member": f"serviceAccount:{UPLOADER}",
        "until": until,
        "condition": Condition(title="unforbid", expression='request.time < timestamp("2026-11-21T10:00:00Z")'),
    }
    return Grant(**{**said, **other})


def machine_access() -> Access:
    scope = "https://www.googleapis.com/auth/"
    return Access(
        machine=MachineName(project="acme-web", zone="europe-west8-a", name="web-1", id="55"),
        account="web@acme-web.iam.gserviceaccount.com",
        scopes=(f"{scope}cloud-platform",),
        was=Attached(account="web@acme-web.iam.gserviceaccount.com", scopes=(f"{scope}devstorage.read_only",)),
    )


def approval(**other: Any) -> Approval:
    said = {
        "id": "a-0a1b2c3d4e5f",
        "run": RUN,
        "plan_hash": HASH,
        "works": (grant(),),
        "tier": "T1",
        "quorums": (OWNERS,),
        "asked_at": NOW,
        "expires_at": NOW + timedelta(minutes=30),
        "never": (f"serviceAccount:{UPLOADER}",),
        "domains": ("example.com",),
    }
    return Approval(**{**said, **other})


def vote(person: Person = ANN, **other: Any) -> Vote:
    said = {
        "approval": "a-0a1b2c3d4e5f",
        "plan_hash": HASH,
        "choice": Choice.APPROVE,
        "reason": "the nightly upload needs it",
        "at": NOW + timedelta(minutes=4),
        "channel": "slack",
    }
    return Vote(person=person, **{**said, **other})


def asked(stage: Stage = Stage.ASKED, **other: Any) -> Shown:
    standing = Standing(state=State.ASKED, missing="1 of photo-owners")
    said = {"run": RUN, "report": report(), "works": (grant(),), "approval": approval(), "standing": standing}
    return Shown(stage=stage, **{**said, **other})


def of_two(stage: Stage = Stage.ASKED, **other: Any) -> Shown:
    """A change of tier T2: a machine is interrupted, by the word of two."""
    question = approval(
        tier="T2", quorums=(OWNERS, SECURITY), works=(machine_access(),), window="Mon-Thu 09:00-16:00 Europe/Rome"
    )
    step = action(action="vm_scopes", tier=Tier.T2, role=None, member=None, proof=None)
    standing = Standing(state=State.ASKED, missing="1 of photo-owners and 1 of security")
    said = {"works": question.works, "approval": question, "standing": standing, "report": report(plan=(step,))}
    return asked(stage, **{**said, **other})


def lives() -> dict[str, Shown]:
    """One run in every stage of its life, by what happened to it."""
    voted = Standing(
        state=State.ASKED,
        missing="1 of security",
        counted=(vote(),),
        not_counted=(Uncounted(vote=vote(BOB), why="is not one of those who are asked (photo-owners or security)"),),
    )
    denied = Standing(state=State.DENIED, counted=(vote(choice=Choice.DENY, reason="use the shared bucket instead"),))
    approved = Standing(state=State.APPROVED, counted=(vote(), vote(BOB, reason="seen and agreed with ann")))
    fix = {"standing": replace(approved, state=State.CONSUMED), "fix": "f-9a8b7c6d5e4f"}
    return {
        "nothing is asked": asked(Stage.TOLD, approval=None, standing=None, often=3),
        "one owner is asked (T1)": asked(),
        "two are asked (T2)": of_two(),
        "one of two has agreed": of_two(Stage.VOTED, standing=voted),
        "snoozed": asked(Stage.SNOOZED, until=NOW + timedelta(hours=4), by="ann@example.com"),
        "approved, not begun": of_two(Stage.SCHEDULED, standing=approved),
        "begun, outside its window": of_two(
            Stage.SCHEDULED, standing=approved, until=NOW + timedelta(days=2), fix="f-9a8b7c6d5e4f"
        ),
        "being carried out": asked(Stage.RUNNING, **fix),
        "fixed": asked(Stage.FIXED, why="the same call succeeded at 09:06:12", **fix),
        "there was nothing to do": asked(Stage.NOTHING, why="the binding was there already", **fix),
        "not fixed": asked(Stage.NOT_FIXED, why="not effective: the same call was refused at 09:20:44", **fix),
        "could not tell": asked(Stage.COULD_NOT_TELL, why="the call was not seen again", **fix),
        "taken back": asked(Stage.UNDONE, **fix),
        "denied": asked(Stage.DENIED, standing=denied, by="ann@example.com", why="use the shared bucket instead"),
        "nobody in time": asked(Stage.EXPIRED, standing=Standing(state=State.EXPIRED)),
        "the world moved": of_two(
            Stage.DRIFTED,
            standing=Standing(state=State.DRIFTED),
            why="scopes was ('devstorage.read_only',) and is ('pubsub',)",
        ),
        "policy changed": asked(
            Stage.REFUSED, why="no rule permits this any more", standing=Standing(state=State.REFUSED)
        ),
    }
