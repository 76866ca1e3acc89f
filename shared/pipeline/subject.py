"""Denial, Diagnosis, Plan and what was seen -> Subjects: each step that changes something, in the words of rules."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from shared.evidence.owner import own_project
from shared.grants.curated import role_for
from shared.model.denial import AUDIT, Denial
from shared.model.diagnosis import Diagnosis
from shared.model.names import SERVICE_AGENT, Permission, ResourceName
from shared.model.plan import Action, Plan, Remedy
from shared.model.subject import Subject
from shared.policy.kinds import PROJECT, kind_of

ACCOUNT, PROJECTS = "serviceAccount:", "projects/"


class Place(Struct, frozen=True, kw_only=True):
    """One project as it was read: `projects/ID`, what it stands under (narrowest first, itself by number), its labels.

    What is None could not be told.
    """

    project: str | None = None
    ancestry: tuple[str, ...] | None = None
    labels: dict[str, str] | None = None


class Sighted(Struct, frozen=True, kw_only=True):
    """What was read for the rules. Nothing is needed: what is missing here could not be told.

    `places` are projects by `projects/ID` and by `projects/NUMBER`, `labels` those that targets have of their own,
    by full resource name, and `groups` says by id whether the principal is in a directory group.
    """

    places: Mapping[str, Place] = {}
    labels: Mapping[str, dict[str, str]] = {}
    groups: Mapping[str, bool | None] = {}


NOTHING_SIGHTED = Sighted()


def subjects(
    denial: Denial, diagnosis: Diagnosis, plan: Plan, sighted: Sighted = NOTHING_SIGHTED
) -> tuple[Subject, ...]:
    """What rules may ask of each step that would change something, in the order of the plan."""
    return tuple(_subject(denial, diagnosis, action, sighted) for action in plan.actions if action.changes)


def _subject(denial: Denial, diagnosis: Diagnosis, action: Action, sighted: Sighted) -> Subject:
    target, services = _target(action)
    named = _project_of(target, denial)
    place = sighted.places.get(named, Place()) if named else Place()
    principal = action.member or _principal(denial)
    own = sighted.labels.get(target) if target else None
    return Subject(
        source=denial.trust.value,
        cause=_cause(diagnosis, action),
        action=action.action,
        principal=principal,
        principal_project=_owner(principal, sighted),
        principal_ancestry=_owned_under(principal, sighted),
        groups=dict(sighted.groups),
        permissions=_permissions(denial, action),
        target=target,
        kind=kind_of(target) if target else None,
        project=place.project or _by_id(named),
        ancestry=place.ancestry,
        labels=own if own is not None else place.labels,
        roles=(action.role,) if action.role else (),
        services=services,
    )


def _target(action: Action) -> tuple[str | None, tuple[str, ...]]:
    """What rules call the target of a step, and the APIs it would enable: those are enabled in a project."""
    if action.action != Remedy.ENABLE_API or action.target is None:
        return action.target, ()
    name = ResourceName(action.target)
    project, service = name.project, name.part("services")
    return f"{PROJECT}{project}" if project else action.target, (service,) if service else ()


def _project_of(target: str | None, denial: Denial) -> str | None:
    """The project of a target, as it is named: by itself, or as the owner of an audit log that names a bucket."""
    project = ResourceName(target).project if target else None
    if project:
        return f"{PROJECTS}{project}"
    owner = denial.origin.owner or ""
    return owner if target and denial.trust is AUDIT and owner.startswith(PROJECTS) else None


def _by_id(project: str | None) -> str | None:
    """A project that is named by its id; which id a number stands for has to be read."""
    return None if project is None or project.removeprefix(PROJECTS).isdigit() else project


def _principal(denial: Denial) -> str | None:
    """Who was refused as an IAM member, agents of Google's included: rules may speak of those, plans never do."""
    principal = denial.names.principal
    if principal is None:
        return None
    return f"{ACCOUNT}{principal.text}" if principal.kind is SERVICE_AGENT else principal.member


def home_of(principal: str | None) -> str | None:
    """The project that owns a service account, as its address names it; None for anybody else."""
    return own_project((principal or "").removeprefix(ACCOUNT))


def _owner(principal: str | None, sighted: Sighted) -> str | None:
    """The project of a service account as `projects/ID`, by its address."""
    if principal is None or not principal.startswith(ACCOUNT):
        return None
    project = own_project(principal.removeprefix(ACCOUNT))
    place = sighted.places.get(project) if project else None
    return place.project if place and place.project else _by_id(project)


def _owned_under(principal: str | None, sighted: Sighted) -> tuple[str, ...] | None:
    """What the project of a service account stands under, None for anybody else and where it was not read."""
    project = home_of(principal)
    place = sighted.places.get(project) if project else None
    return place.ancestry if place else None


def _permissions(denial: Denial, action: Action) -> tuple[Permission, ...]:
    """The refused permissions that a step would mend; all of them where that is not told apart."""
    if action.proof is not None:
        return action.proof.permissions
    asked = denial.names.permissions
    if action.role is None:
        return asked
    mended = (one for one in asked if action.role in (role_for(one), role_for(one, federated=True)))
    return tuple(mended) or asked


def _cause(diagnosis: Diagnosis, action: Action) -> str:
    """The id of the cause that a step mends: the diagnosis's own, or another one that was found to be so."""
    found = (diagnosis.cause, *(diagnosis.looked.mend if diagnosis.looked is not None else ()))
    return next((one.id for one in found if one.fix.value == action.action), diagnosis.cause.id)
