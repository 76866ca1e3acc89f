"""Parts of a policy file -> the policy, where nothing at all is wrong with it."""

from __future__ import annotations

from datetime import date

from shared.model.decision import Quorum
from shared.model.policy import Defaults, GatePolicy, PrincipalMatch, Rule, TargetMatch, Then, When
from shared.policy import identities
from shared.policy.judging import MODE, Judge, Known, is_group, is_name, proof_fault
from shared.policy.reading import Page, Part, listed, of, texts, value_of


def make(file: Part, digest: str, known: Known, page: Page) -> GatePolicy | None:
    """The policy that a file's parts make, None where anything at all is wrong; every problem goes to the page."""
    parts = file.value
    groups = {name: one for name, part in of(parts, "approvers").items() if (one := _quorum(name, part, known, page))}
    rules = [_rule(part, groups, known, page) for part in listed(parts, "rules")]
    _unique(listed(parts, "rules"), page)
    defaults = _defaults(of(parts, "defaults"))
    if page.problems:
        return None
    return GatePolicy(
        digest=digest,
        defaults=defaults,
        approvers=tuple(groups.values()),
        rules=tuple(one for one in rules if one is not None),
    )


def _defaults(parts: dict[str, Part]) -> Defaults:
    plain = Defaults()
    return Defaults(
        hours=value_of(parts, "hours", plain.hours), minutes=value_of(parts, "approval_minutes", plain.minutes)
    )


def _quorum(name: str, part: Part, known: Known, page: Page) -> Quorum | None:
    if not is_name(name):
        page.wrong(part, f"{name!r} is no name: write small letters, digits, - and _")
    group = part.value.get("group_id")
    if group is not None and not is_group(group.value):
        page.wrong(group, f"{group.value!r} is no id of a directory group: letters and digits, without groups/")
    proof_fault(part.value, known, page)
    strong = "proof" in part.value
    return (
        Quorum(name=name, group_id=group.value, need=value_of(part.value, "need", 1), strong=strong) if group else None
    )


def _unique(rules: list[Part], page: Page) -> None:
    first: dict[str, int] = {}
    for rule in rules:
        if (named := rule.value.get("id")) is None:
            continue
        if not is_name(named.value):
            page.wrong(named, f"{named.value!r} is no id: write small letters, digits, - and _")
        if named.value in first:
            page.wrong(named, f"the id {named.value!r} is used twice, first on line {first[named.value]}: rename one")
        first.setdefault(named.value, named.line)


def _rule(part: Part, groups: dict[str, Quorum], known: Known, page: Page) -> Rule | None:
    Judge(part, known, page).all(groups)
    if page.problems:
        return None
    then, when = of(part.value, "then"), of(part.value, "when")
    return Rule(id=part.value["id"].value, when=_when(when), then=_then(then, groups))


def _when(parts: dict[str, Part]) -> When:
    return When(
        source=texts(parts, "source"),
        cause=texts(parts, "cause"),
        principal=_principal(of(parts, "principal")),
        permission=texts(parts, "permission"),
        target=_target(of(parts, "target")),
    )


def _principal(parts: dict[str, Part]) -> PrincipalMatch | None:
    if not parts:
        return None
    return PrincipalMatch(
        exactly=tuple(identities.member_named(one) for one in texts(parts, "is")),
        in_group=value_of(parts, "in_group"),
        of_target_project="service_accounts_of" in parts,
    )


def _target(parts: dict[str, Part]) -> TargetMatch | None:
    if not parts:
        return None
    return TargetMatch(
        exactly=tuple(identities.target_named(one) for one in texts(parts, "is")),
        under=texts(parts, "under"),
        kind=texts(parts, "kind"),
        labels={key: tuple(one.value for one in part.value) for key, part in of(parts, "labels").items()},
    )


def _then(parts: dict[str, Part], groups: dict[str, Quorum]) -> Then:
    strong = "proof" in parts
    asked = [groups[name] for name in texts(parts, "approvers") if name in groups]
    return Then(
        mode=MODE[parts["mode"].value],
        action=value_of(parts, "action"),
        roles=texts(parts, "roles"),
        services=texts(parts, "services"),
        hours=value_of(parts, "hours", None),
        quorums=tuple(
            Quorum(name=one.name, group_id=one.group_id, need=one.need, strong=one.strong or strong) for one in asked
        ),
        window=value_of(parts, "window"),
        until=date.fromisoformat(parts["until"].value) if "until" in parts else None,
        reason=value_of(parts, "reason"),
    )
