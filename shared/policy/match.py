"""Whether one rule is about one step: yes, no, or could not tell; with the reason where it is not a plain yes."""

from __future__ import annotations

from collections.abc import Iterator

from shared.grants.members import as_stored
from shared.model.decision import AUTO, IGNORE
from shared.model.denial import AUDIT
from shared.model.evidence import NO, UNKNOWN, YES, Verdict
from shared.model.plan import Remedy
from shared.model.policy import PrincipalMatch, Rule, TargetMatch
from shared.model.subject import Subject

Seen = tuple[Verdict, str]
"""A verdict with what a person is told of it, "" for a plain yes."""
FITS: Seen = (YES, "")
PROJECT = "/projects/"
ACCOUNT = "serviceAccount:"


def match(rule: Rule, subject: Subject) -> Seen:
    """Whether a rule is about a step. One part that does not fit is enough for no, whatever could not be told."""
    untold: Seen = FITS
    for verdict, said in _parts(rule, subject):
        if verdict is NO:
            return NO, said
        if verdict is UNKNOWN and untold is FITS:
            untold = UNKNOWN, said
    return untold


def hangs_on_group(rule: Rule, subject: Subject) -> str:
    """The group whose membership decides whether a rule is about a step, "" where it does not hang on one."""
    principal = rule.when.principal
    group = principal.in_group if principal else ""
    if not group or subject.principal is None or subject.groups.get(group) is not None:
        return ""
    return "" if any(verdict is NO for verdict, _ in _parts(rule, subject)) else group


def _parts(rule: Rule, subject: Subject) -> Iterator[Seen]:
    """Each thing that a rule asks for, with its verdict; cheap ones first."""
    when = rule.when
    if when.cause:
        yield FITS if subject.cause in when.cause else (NO, f"the cause is {subject.cause}")
    if when.source:
        yield FITS if subject.source in when.source else (NO, f"the source is {subject.source}")
    if when.permission:
        yield _permissions(rule, subject)
    yield _permitted(rule, subject)
    if when.principal is not None:
        yield from _principal(when.principal, subject)
    if when.target is not None:
        yield from _target(when.target, subject)


def _permissions(rule: Rule, subject: Subject) -> Seen:
    """All refused permissions have to be the rule's; where only some are, it cannot permit but may still restrict."""
    listed = set(subject.permissions) & set(rule.when.permission)
    beside = sorted(set(subject.permissions) - listed)
    if not listed:
        return NO, f"the permission is {', '.join(subject.permissions) or 'not stated'}"
    if not beside:
        return FITS
    return NO if rule.then.mode is IGNORE else UNKNOWN, f"{', '.join(beside)} was refused as well"


def _permitted(rule: Rule, subject: Subject) -> Seen:
    """Whether what the step would do is within what the rule lists."""
    then = rule.then
    if then.action and then.action != subject.action:
        return NO, f"the action is {subject.action}"
    if then.mode is AUTO and subject.source != AUDIT and not _believes(rule, subject):
        return NO, f"without a person only the audit log is believed, and the source is {subject.source}"
    for name, given, listed in (("role", subject.roles, then.roles), ("API", subject.services, then.services)):
        if listed and not given:
            return NO, f"no {name} is stated"
        if listed and (beyond := sorted(set(given) - set(listed))):
            return NO, f"{', '.join(beyond)} is not listed"
    return FITS


def _believes(rule: Rule, subject: Subject) -> bool:
    """Whether a rule without a person believes more than the audit log: for an API it lists by name, and says so."""
    return rule.then.action == Remedy.ENABLE_API and subject.source in rule.when.source


def _principal(asked: PrincipalMatch, subject: Subject) -> Iterator[Seen]:
    principal = subject.principal
    if principal is None:
        yield UNKNOWN, "it is not known who was refused"
        return
    if asked.exactly:
        yield FITS if as_stored(principal) in asked.exactly else (NO, f"the principal is {principal}")
    if asked.of_target_project:
        yield _of_target_project(principal, subject)
    if asked.in_group:
        member = subject.groups.get(asked.in_group)
        if member is None:
            yield UNKNOWN, f"whether {principal} is in the group {asked.in_group} could not be told"
        else:
            yield FITS if member else (NO, f"{principal} is not in the group {asked.in_group}")


def _of_target_project(principal: str, subject: Subject) -> Seen:
    if not principal.startswith(ACCOUNT):
        return NO, f"{principal} is no service account"
    if subject.principal_project is None or subject.project is None:
        return UNKNOWN, "the project of the account or of the target could not be told"
    same = subject.principal_project == subject.project
    return (
        FITS if same else (NO, f"{principal} belongs to {subject.principal_project}, the target to {subject.project}")
    )


def _target(asked: TargetMatch, subject: Subject) -> Iterator[Seen]:
    if asked.kind:
        if subject.kind is None:
            yield UNKNOWN, "the kind of the target could not be told"
        else:
            yield FITS if subject.kind in asked.kind else (NO, f"the target is a {subject.kind}")
    if asked.exactly:
        yield _named(asked.exactly, subject)
    if asked.under:
        yield _under(asked.under, subject)
    for key, values in asked.labels.items():
        if subject.labels is None:
            yield UNKNOWN, "the labels of the target could not be told"
        elif subject.labels.get(key) not in values:
            yield NO, f"the label {key} is {subject.labels.get(key, 'not set')}"


def _named(names: tuple[str, ...], subject: Subject) -> Seen:
    if subject.target is None:
        return UNKNOWN, "what would be changed is not known"
    spellings = spellings_of(subject)
    if any(one in names for one in spellings):
        return FITS
    if any(may_be_same(name, one) for name in names for one in spellings if _comparable(name, one, spellings)):
        return UNKNOWN, f"whether {subject.target} is the one named otherwise in the rule could not be told"
    return NO, f"the target is {subject.target}"


def spellings_of(subject: Subject) -> tuple[str, ...]:
    """The names of a target that are known to be the same: with its project's id, and with its number."""
    if subject.target is None:
        return ()
    host, found, rest = subject.target.partition(PROJECT)
    own, slash, below = rest.partition("/")
    if not found or own in ("_", "-"):
        return (subject.target,)
    known = [subject.project, *(subject.ancestry or ())[:1]]
    same = [one.removeprefix("projects/") for one in known if one and one.startswith("projects/")]
    others = same if own in same else []
    return tuple(dict.fromkeys([subject.target, *(f"{host}{PROJECT}{one}{slash}{below}" for one in others)]))


def may_be_same(one: str, other: str) -> bool:
    """Whether two names could be of one thing: they differ only where one has a number and the other a name."""
    pairs = list(zip(one.split("/"), other.split("/"), strict=False))
    alike = one.count("/") == other.count("/")
    return alike and all(a == b or a.isdigit() != b.isdigit() for a, b in pairs)


def _comparable(name: str, spelling: str, spellings: tuple[str, ...]) -> bool:
    """Whether a spelling is the best one to compare a rule's name with: its project written in the same way."""
    return len(spellings) == 1 or _project(name).isdigit() == _project(spelling).isdigit()


def _project(name: str) -> str:
    return name.partition(PROJECT)[2].partition("/")[0]


def _under(places: tuple[str, ...], subject: Subject) -> Seen:
    above = {*(subject.ancestry or ()), *((subject.project,) if subject.project else ())}
    if above.intersection(places):
        return FITS
    untold = [one for one in places if (subject.project if _is_by_id(one) else subject.ancestry) is None]
    if untold:
        return UNKNOWN, f"whether the target stands under {', '.join(untold)} could not be told"
    return NO, f"the target does not stand under {', '.join(places)}"


def _is_by_id(place: str) -> bool:
    kind, _, name = place.partition("/")
    return kind == "projects" and not name.isdigit()
