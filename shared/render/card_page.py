"""One example run -> the page that shows its card at every stage: for docs/cards.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from shared.model.approval import Approval, Choice, Person, Standing, State, Vote
from shared.model.decision import ASK, Decision, Quorum
from shared.model.evidence import YES, Finding
from shared.model.facts import Condition
from shared.model.names import Permission, Role
from shared.model.plan import Action, Tier
from shared.model.report import Report
from shared.model.role import CatalogueOrigin, RoleProof, Weighed
from shared.model.shown import Shown, Stage
from shared.model.work import Access, Attached, Grant, MachineName
from shared.render.card import Style, card
from shared.render.card_text import card_text

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BUCKET = "//storage.googleapis.com/projects/_/buckets/acme-photos"
ACCOUNT = "uploader@acme-web.iam.gserviceaccount.com"
ROLE, CREATE = Role("roles/storage.objectCreator"), Permission("storage.objects.create")
OWNERS, SECURITY = Quorum(name="photo-owners", group_id="g1"), Quorum(name="security", group_id="g2")
ANN, SUE = Person(id="1", email="ann@example.com"), Person(id="2", email="sue@example.com")
SCOPES = "https://www.googleapis.com/auth/"
HEAD = """# What a card says

One card for each run, edited in place. Generated from `shared/render/card.py`, as text; in Slack the change is a block
of code, and what stands in brackets can be clicked. Where [forms](slack.md) are opened, the card has no input.
"""


def cards_page() -> str:
    """The page: every stage of a card, with what led to it."""
    told = [f"## {title}\n\n```text\n{card_text(card(shown, Style()))}\n```\n" for title, shown in _lives()]
    return "\n".join([HEAD, *told])


def _lives() -> Iterator[tuple[str, Shown]]:
    asked = _one_owner()
    two = _of_two()
    yes = Standing(state=State.APPROVED, counted=(_vote(ANN), _vote(SUE, "seen, and agreed with ann")))
    no = Standing(state=State.DENIED, counted=(_vote(ANN, "use the shared bucket instead", Choice.DENY),))
    done = replace(asked, standing=Standing(state=State.CONSUMED, counted=(_vote(ANN),)), fix="f-9a8b7c6d5e4f")
    lacking = Standing(state=State.ASKED, missing="1 of security", counted=(_vote(ANN),))
    yield "Asked: one owner (T1)", asked
    yield "Asked: two people, a machine is interrupted (T2)", two
    yield "One of two has agreed", replace(two, stage=Stage.VOTED, standing=lacking)
    yield "Snoozed", replace(asked, stage=Stage.SNOOZED, until=NOW + timedelta(hours=4), by=ANN.email)
    waits = replace(two, stage=Stage.SCHEDULED, standing=yes, until=NOW + timedelta(days=1), fix="f-9a8b7c6d5e4f")
    yield "Approved, and waits for its window", waits
    yield "Being carried out", replace(done, stage=Stage.RUNNING)
    yield "Fixed, with the proof", replace(done, stage=Stage.FIXED, why="the same call succeeded at 09:06:12")
    refused_again = "not effective: the same call was refused at 09:20:44"
    yield "Not fixed", replace(done, stage=Stage.NOT_FIXED, why=refused_again)
    unseen = "the call was not seen again; try it again"
    yield "Could not tell", replace(done, stage=Stage.COULD_NOT_TELL, why=unseen)
    yield "Taken back", replace(done, stage=Stage.UNDONE)
    denied = "use the shared bucket instead"
    yield "Denied", replace(asked, stage=Stage.DENIED, standing=no, by=ANN.email, why=denied)
    yield "Nobody decided in time", replace(asked, stage=Stage.EXPIRED, standing=Standing(state=State.EXPIRED))
    moved = "scopes was ('devstorage.read_only',) and is ('pubsub',)"
    yield "The world moved", replace(two, stage=Stage.DRIFTED, standing=Standing(state=State.DRIFTED), why=moved)


def _one_owner() -> Shown:
    until = NOW + timedelta(hours=1)
    ends = Condition(title="unforbid", expression=f'request.time < timestamp("{until:%Y-%m-%dT%H:%M:%SZ}")')
    grant = Grant(resource=BUCKET, role=ROLE, member=f"serviceAccount:{ACCOUNT}", until=until, condition=ends)
    standing = Standing(state=State.ASKED, missing="1 of photo-owners")
    asked = _question((grant,))
    return Shown(
        run=asked.run,
        stage=Stage.ASKED,
        report=_report(),
        works=asked.works,
        approval=asked,
        standing=standing,
        often=12,
    )


def _of_two() -> Shown:
    account = "web@acme-web.iam.gserviceaccount.com"
    machine = MachineName(project="acme-web", zone="europe-west8-a", name="web-1", id="55")
    was = Attached(account=account, scopes=(f"{SCOPES}devstorage.read_only",))
    access = Access(machine=machine, account=account, scopes=(f"{SCOPES}devstorage.read_write",), was=was)
    step = Action(
        action="vm_scopes",
        changes=True,
        tier=Tier.T2,
        target=machine.full_name,
        member=None,
        role=None,
        why="the scopes of the machine leave the call out",
        undo="stop, set the saved account and scopes again, start: another interruption, so another approval",
    )
    reason = "The machine's access scopes do not let its account write to Cloud Storage, whatever its roles."
    said = {"cause": "cred.scope.gce", "title": "The machine's scopes leave this call out", "principal": account}
    report = replace(_report(), plan=(step,), reason=reason, **said)
    asked = replace(
        _question((access,)), tier="T2", quorums=(OWNERS, SECURITY), window="Mon-Thu 09:00-16:00 Europe/Rome"
    )
    standing = Standing(state=State.ASKED, missing="1 of photo-owners and 1 of security")
    return Shown(run=asked.run, stage=Stage.ASKED, report=report, works=asked.works, approval=asked, standing=standing)


def _question(works: tuple[Grant | Access, ...]) -> Approval:
    return Approval(
        id="a-0a1b2c3d4e5f",
        run="r-1f2e3d4c5b6a",
        plan_hash="7d0c4b1a" * 8,
        works=works,
        tier="T1",
        quorums=(OWNERS,),
        asked_at=NOW,
        expires_at=NOW + timedelta(minutes=30),
        never=(f"serviceAccount:{ACCOUNT}",),
    )


def _report() -> Report:
    return Report(
        id="e1",
        verdict="denial",
        reason="The caller may not create objects in this bucket: none of its roles holds the permission.",
        cause="gcs.iam",
        title="May not use the bucket",
        confidence="high",
        principal=ACCOUNT,
        permissions=(CREATE,),
        resource=BUCKET,
        trust="audit",
        proven=YES.value,
        evidence=("permission storage.objects.create was not granted",),
        looks=(Finding(asked="may it do that there", verdict=YES, said="no role with the permission (NOT_GRANTED)"),),
        plan=(_step(),),
        decision=Decision(ASK, ("rule photo-uploads asks its owners",)),
    )


def _step() -> Action:
    chosen = Weighed(role=ROLE, score=3.0, excess=3, dangerous=0, worst=(), refusal="", curated=False)
    proof = RoleProof(
        permissions=(CREATE,),
        why="it gives least beyond the ask",
        candidates=(chosen,),
        digest="d",
        catalogue=CatalogueOrigin(NOW, "the organisation"),
    )
    return Action(
        action="grant_role",
        changes=True,
        tier=Tier.T1,
        target=BUCKET,
        member=f"serviceAccount:{ACCOUNT}",
        role=ROLE,
        why="roles/storage.objectCreator holds storage.objects.create",
        undo="remove exactly this member from exactly this binding, and only if this run added it",
        proof=proof,
    )


def _vote(person: Person, reason: str = "the nightly upload needs it", choice: Choice = Choice.APPROVE) -> Vote:
    return Vote(
        approval="a-0a1b2c3d4e5f",
        plan_hash="7d0c4b1a" * 8,
        person=person,
        choice=choice,
        reason=reason,
        at=NOW + timedelta(minutes=4),
        channel="slack",
    )
