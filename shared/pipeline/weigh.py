"""What rules permit, what holds now -> Decision: the strictest of the floor, the policy and this moment. Pure.

Everything here only makes a decision stricter; the one thing that makes it freer is a written rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from shared.guards.age import FOR_A_RULE, FOR_PEOPLE, is_fresh
from shared.guards.breaker import Breaker, State
from shared.guards.switch import stopped_by
from shared.model.decision import ASK, AUTO, DRY_RUN, IGNORE, NOTIFY, REFUSE, STRICTNESS, Decision, Mode, Terms
from shared.model.denial import AUDIT, Denial
from shared.model.diagnosis import Diagnosis
from shared.model.evidence import NO, UNKNOWN, YES, Verdict
from shared.model.guards import Runtime
from shared.model.names import SERVICE_ACCOUNT, USER
from shared.model.plan import T0, T1, T2, T3, Action, Plan, Remedy, Tier
from shared.model.subject import Subject
from shared.policy.rulebook import Ruling, strictest
from shared.policy.window import joined

HOURS = {T0: 8, T1: 24, T2: 72, T3: 0}
"""How long access of a tier may last at most."""
PRODUCTION = frozenset({"prod", "production", "prd", "live"})
ENVIRONMENT = ("env", "environment", "stage", "tier")
"""Labels by which organisations say what is production; nothing in Google Cloud says it itself."""
OBSERVE = (
    "observe mode: nothing is changed, whatever a rule permits; set UNFORBID_MODE=enforce once you trust the rules"
)
OLD = "the entry is older than a day: it is recorded, and nobody is asked"
OLDER = "the entry is older than an hour, so a rule alone does not decide"
TEXT_ALONE = "not from the audit log: a rule alone does not decide"
CLAIMED = "claimed by application text"
UNPROVEN = "the entry has not been compared with Cloud Logging's own copy"
UNTOLD = "could not tell: looking did not prove the cause, and what is not proven is never carried out"
NOBODY = "no approvers are named, and an empty list means nobody"
UNCOUNTED = "the budgets cannot be read, which counts as used up"
NO_PLACE = "a folder is stopped, and it is not known what the target stands under"
OURS = "one of our own identities is concerned: those are never changed, and their denials never planned"
PROTECTED = "the target is one that watches over us"
ONE_OF_MANY = "only a single user or service account is ever given something without a person"
OUTSIDER = "that the member is one of the organisation's own could not be told, so a person decides"
MADE_FOR_PRODUCTION = "labelled as production"
UNLABELLED = "whether it is production could not be told, so a person decides"


class Weighed(Struct, frozen=True, kw_only=True):
    """What stands on the scales beside the floor: for each changing step its subject and ruling, and what holds now."""

    subjects: tuple[Subject, ...]
    rulings: tuple[Ruling, ...]
    runtime: Runtime
    breaker: Breaker = Breaker(State.CLOSED)
    now: datetime


ORGANIZATIONS = "organizations/"
Cap = tuple[Mode, str]
"""The freest mode that something leaves, and why."""


def weigh(denial: Denial, diagnosis: Diagnosis, plan: Plan, weighed: Weighed) -> Decision:
    """What may be done with a plan that the floor does not refuse."""
    changing = [action for action in plan.actions if action.changes]
    ruled = _ruled(weighed.rulings)
    tier, labelled = _tier(changing, weighed, ruled.mode)
    caps = [
        *_of_floor(denial, changing, weighed.runtime),
        *_of_proof(denial, diagnosis, changing),
        *_of_tier(denial, tier, labelled, ruled),
        *_of_members(changing, weighed),
        *_of_now(weighed, ruled.rules),
    ]
    mode = min((ruled.mode, *(cap for cap, _ in caps)), key=STRICTNESS.__getitem__)
    binding = [why for cap, why in caps if STRICTNESS[cap] < STRICTNESS[ruled.mode]]
    if mode is ASK and not ruled.quorums:
        mode, binding = NOTIFY, [*binding, NOBODY]
    permitted = mode in (ASK, AUTO)
    final = T0 if mode is AUTO else max(tier, T1)
    terms = Terms(
        tier=final.value,
        hours=min(ruled.hours, HOURS[final]),
        minutes=ruled.minutes,
        quorums=ruled.quorums if mode is ASK else (),
        window=ruled.window,
        rules=ruled.rules,
        under=_under(weighed.subjects),
    )
    notes = [CLAIMED] if permitted and denial.trust is not AUDIT else []
    notes += [labelled] if permitted and labelled else []
    reasons = tuple(dict.fromkeys((*ruled.reasons, *binding, *notes)))
    return Decision(mode, reasons, terms if permitted else None)


def _under(subjects: Sequence[Subject]) -> tuple[str, ...] | None:
    """Everything that the targets stand under, None where that is not known of all of them."""
    if any(one.ancestry is None for one in subjects):
        return None
    return tuple(sorted({place for one in subjects for place in (*(one.ancestry or ()), one.project) if place}))


def _ruled(rulings: Sequence[Ruling]) -> Ruling:
    """What the rules say of all steps together: as strict as of the strictest step, and everybody has to agree."""
    first = min(rulings, key=lambda one: STRICTNESS[one.mode])
    if first.mode not in (ASK, AUTO):
        return first
    return Ruling(
        mode=first.mode,
        reasons=tuple(dict.fromkeys(why for one in rulings for why in one.reasons)),
        rules=tuple(sorted({rule for one in rulings for rule in one.rules})),
        hours=min(one.hours for one in rulings),
        minutes=min(one.minutes for one in rulings),
        quorums=strictest(quorum for one in rulings for quorum in one.quorums),
        window=joined(frozenset(one.window for one in rulings)),
    )


def _tier(changing: Sequence[Action], weighed: Weighed, mode: Mode) -> tuple[Tier, str]:
    """The tier of all steps together, and what labels say about it."""
    each = (_tier_of(action, ruling) for action, ruling in zip(changing, weighed.rulings, strict=True))
    tier = max(each, default=T1)
    verdicts = [_is_production(subject) for subject in weighed.subjects]
    if YES in verdicts:
        return max(tier, T2), MADE_FOR_PRODUCTION
    return tier, UNLABELLED if UNKNOWN in verdicts and mode is AUTO else ""


def _tier_of(action: Action, ruling: Ruling) -> Tier:
    """The tier of one step: an API that a rule lists by name is one owner's decision, any other is two people's."""
    if action.action == Remedy.ENABLE_API and action.tier is T2 and ruling.listed:
        return T1
    return action.tier


def _is_production(subject: Subject) -> Verdict:
    if subject.labels is None:
        return UNKNOWN
    said = {subject.labels.get(key, "").lower() for key in ENVIRONMENT}
    return YES if said & PRODUCTION else NO


def _of_floor(denial: Denial, changing: Sequence[Action], runtime: Runtime) -> Iterator[Cap]:
    """What nobody may ever change, by any rule."""
    caller = denial.names.principal
    named = {one.partition(":")[2] or one for one in (action.member for action in changing) if one}
    if runtime.ours & {*named, *((caller.text,) if caller else ()), *denial.origin.on_behalf}:
        yield REFUSE, OURS
    targets = [action.target for action in changing if action.target]
    if any(_stands_under(target, name) for target in targets for name in runtime.protected):
        yield REFUSE, PROTECTED


def _stands_under(target: str, name: str) -> bool:
    return target == name or target.startswith(f"{name}/")


def _of_proof(denial: Denial, diagnosis: Diagnosis, changing: Sequence[Action]) -> Iterator[Cap]:
    """What has to be known before anybody is asked, and before nobody has to be."""
    looked = diagnosis.looked
    if looked is None or looked.proven is not YES:
        yield DRY_RUN, UNTOLD
    if looked is None or looked.copy is not YES:
        yield DRY_RUN, UNPROVEN
    apis_only = all(action.action == Remedy.ENABLE_API for action in changing)
    if denial.trust is not AUDIT and not apis_only:
        yield ASK, TEXT_ALONE


def _of_tier(denial: Denial, tier: Tier, labelled: str, ruled: Ruling) -> Iterator[Cap]:
    if tier is T3:
        yield REFUSE, "tier T3: at most a proposal"
    if tier is T2:
        yield ASK, "tier T2: an owner and security decide, never a rule alone"
    if labelled:
        yield ASK, labelled
    caller = denial.names.principal
    if caller is None or caller.kind not in (USER, SERVICE_ACCOUNT):
        yield ASK, ONE_OF_MANY
    if not ruled.rules:
        yield NOTIFY, "no rule permits it"


def _of_members(changing: Sequence[Action], weighed: Weighed) -> Iterator[Cap]:
    """To whom nothing is given without a person: everybody who is not known to be one of ours."""
    for action, subject in zip(changing, weighed.subjects, strict=True):
        if action.member is not None and not _is_ours(action.member, subject, weighed.runtime):
            yield ASK, OUTSIDER


def _is_ours(member: str, subject: Subject, runtime: Runtime) -> bool:
    """Whether a member is of our domains, or an account of a project in our organisation; the target's is ours."""
    kind, _, address = member.partition(":")
    if kind == "user":
        return address.rpartition("@")[2].lower() in runtime.domains
    above = {one for one in subject.ancestry or () if one.startswith(ORGANIZATIONS)}
    organization = {f"{ORGANIZATIONS}{runtime.organization}"} if runtime.organization else above
    return kind == "serviceAccount" and bool(organization & set(subject.principal_ancestry or ()))


def _of_now(weighed: Weighed, rules: Sequence[str]) -> Iterator[Cap]:
    """What holds at this moment, whatever a rule permits."""
    runtime, now = weighed.runtime, weighed.now
    if not runtime.enforcing:
        yield DRY_RUN, OBSERVE
    yield from _of_switch(weighed, rules)
    if not is_fresh(runtime.received_at, now, FOR_PEOPLE):
        yield IGNORE, OLD
    elif not is_fresh(runtime.received_at, now, FOR_A_RULE):
        yield ASK, OLDER
    if weighed.breaker.state in (State.OPEN, State.PROBE):
        yield DRY_RUN, f"the breaker is {weighed.breaker.state.value}: {weighed.breaker.why}"
    if weighed.breaker.state is State.PEOPLE:
        yield ASK, f"the breaker has left everything to people: {weighed.breaker.why}"
    if runtime.probing:
        yield NOTIFY, runtime.probing
    if runtime.over is None:
        yield NOTIFY, UNCOUNTED
    for why in runtime.over or ():
        yield NOTIFY, why


def _of_switch(weighed: Weighed, rules: Sequence[str]) -> Iterator[Cap]:
    pauses = weighed.runtime.pauses
    under = {place for one in weighed.subjects for place in (*(one.ancestry or ()), one.project) if place}
    if why := stopped_by(pauses, under, rules):
        yield DRY_RUN, why
    placeless = any(one.ancestry is None for one in weighed.subjects)
    if placeless and any(one.scope.startswith("folders/") for one in pauses or ()):
        yield DRY_RUN, NO_PLACE
