"""The policy compiled to be asked: what all rules together say of one step, in whatever order they stand.

Each rule is kept under its most selective exact key, so a step is held against the few rules that could be about it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from msgspec import Struct

from shared.grants.members import as_stored
from shared.model.decision import ASK, AUTO, IGNORE, NOTIFY, STRICTNESS, Mode, Quorum
from shared.model.evidence import NO, UNKNOWN, YES
from shared.model.policy import GatePolicy, Rule, TargetMatch
from shared.model.subject import Subject
from shared.policy.match import hangs_on_group, match, spellings_of
from shared.policy.window import joined

PERMITTING = (ASK, AUTO)
NO_RULE = "no rule speaks of this"
WORDS = {mode: mode.value for mode in Mode} | {ASK: "approve"}
"""The modes as the policy file writes them."""
CAUSE, PERMISSION, PRINCIPAL, NAMED, MASKED, KIND, UNDER, LABEL = "cpintkul"
"""The dimensions of keys, each the first letter of its keys."""


class Ruling(Struct, frozen=True, kw_only=True):
    """What the policy says of one step: the mode, why, by which rules, and on what terms where it permits something.

    `rules` are the ids of those that decided, sorted. All approvers have to agree, and all of `window` to be open.
    `listed` is whether everything that permits it names the APIs one by one.
    """

    mode: Mode
    reasons: tuple[str, ...]
    rules: tuple[str, ...] = ()
    hours: int
    minutes: int
    quorums: tuple[Quorum, ...] = ()
    window: str = ""
    listed: bool = False


class Heard(Struct, frozen=True, kw_only=True):
    """What became of one rule for one step: whether it matched (yes, no, could not tell), and whether it decided."""

    rule: str
    mode: Mode
    matched: str
    decided: bool
    why: str


class Rulebook:
    """A policy that was found good, indexed; it holds nothing else and asks nobody."""

    def __init__(self, policy: GatePolicy) -> None:
        self.policy = policy
        self._rules = policy.rules
        self._index, self._of_dimension, self._always = _indexed(policy.rules)

    def ruling(self, subject: Subject, now: datetime) -> Ruling:
        """What all rules together say of a step: every one that matches is collected, and the strictest wins.

        A rule of which could not be told whether it matches counts only where it makes the answer stricter.
        """
        certain, doubtful = self._collected(subject, now)
        return self._ruled(certain, doubtful)

    def groups_wanted(self, subject: Subject, now: datetime) -> frozenset[str]:
        """The ids of the groups whose membership has to be asked before a ruling on a step can be told."""
        near = [self._rules[at] for at in self._near(subject)]
        return frozenset(group for rule in near if _lives(rule, now) and (group := hangs_on_group(rule, subject)))

    def explain(self, subject: Subject, now: datetime) -> list[Heard]:
        """What became of every rule of the file, in its order."""
        ruling = self.ruling(subject, now)
        return [self._heard(rule, subject, ruling, now) for rule in self._rules]

    def _heard(self, rule: Rule, subject: Subject, ruling: Ruling, now: datetime) -> Heard:
        verdict, why = match(rule, subject) if _lives(rule, now) else (NO, f"it ended after {rule.then.until}")
        mode, decided = rule.then.mode, rule.id in ruling.rules
        if verdict is YES and not decided:
            why = f"{WORDS[ruling.mode]} by {', '.join(ruling.rules)} is stricter"
        elif verdict is UNKNOWN and not decided:
            why = f"{why}, and what cannot be told never permits"
        return Heard(rule=rule.id, mode=mode, matched=verdict.value, decided=decided, why=why)

    def _collected(self, subject: Subject, now: datetime) -> tuple[list[Rule], list[tuple[Rule, str]]]:
        """The rules that match, and those that may and would make it stricter, each with what could not be told."""
        certain, doubtful = [], []
        for at in self._known(subject):
            rule = self._rules[at]
            verdict, why = match(rule, subject)
            if verdict is YES and _lives(rule, now):
                certain.append(rule)
            elif verdict is UNKNOWN and _lives(rule, now):
                doubtful.append((rule, why))
        most = self._most(certain)
        for at in self._unknown(subject, most):
            verdict, why = match(self._rules[at], subject)
            if verdict is UNKNOWN and _lives(self._rules[at], now):
                doubtful.append((self._rules[at], why))
        return certain, [one for one in doubtful if STRICTNESS[_at_most(one[0])] <= most]

    def _most(self, certain: list[Rule]) -> int:
        """How free a doubtful rule may be to count still: stricter than what is certain, or of the same terms."""
        most = min((STRICTNESS[rule.then.mode] for rule in certain), default=STRICTNESS[self.policy.defaults.mode])
        return STRICTNESS[AUTO] if most >= STRICTNESS[ASK] else most - 1

    def _ruled(self, certain: list[Rule], doubtful: list[tuple[Rule, str]]) -> Ruling:
        defaults = self.policy.defaults
        said = [(rule.then.mode, rule, _said(rule)) for rule in certain]
        said += [(_at_most(rule), rule, f"{_said(rule)}, as it may apply: {why}") for rule, why in doubtful]
        mode = min([mode for mode, _, _ in said] or [defaults.mode], key=STRICTNESS.__getitem__)
        decided = {rule.id: why for of, rule, why in said if of is mode}
        rules = [rule for _, rule, _ in said]
        permits = [rule for rule in rules if rule.then.mode in PERMITTING] if mode in PERMITTING else []
        return Ruling(
            mode=mode,
            reasons=tuple(decided[one] for one in sorted(decided)) or (f"{NO_RULE}: {defaults.mode.value}",),
            rules=tuple(sorted(decided)),
            hours=min((rule.then.hours or defaults.hours for rule in permits), default=defaults.hours),
            minutes=defaults.minutes,
            quorums=strictest(one for rule in permits for one in rule.then.quorums),
            window=joined(frozenset(rule.then.window for rule in permits)),
            listed=bool(permits) and all(rule.then.services for rule in permits),
        )

    def _known(self, subject: Subject) -> list[int]:
        """The places of all rules that can match as far as facts are known."""
        found = set(self._always)
        for key in _keys_of(subject):
            found.update(self._index.get(key, ()))
        return sorted(found)

    def _unknown(self, subject: Subject, most: int) -> list[int]:
        """The places of rules kept under facts that are not known, that are no freer than a strictness."""
        found: set[int] = set()
        for dimension in _untold(subject):
            for at in self._of_dimension.get(dimension, ()):
                if STRICTNESS[self._rules[at].then.mode] > most:
                    break
                found.add(at)
        if subject.target is not None and (masked := self._index.get(MASKED + mask(subject.target))):
            found.update(at for at in masked if STRICTNESS[self._rules[at].then.mode] <= most)
        return sorted(found.difference(self._known(subject)))

    def _near(self, subject: Subject) -> list[int]:
        return [*self._known(subject), *self._unknown(subject, STRICTNESS[AUTO])]


def stricter(one: Ruling, other: Ruling) -> Ruling:
    """The stricter of two rulings in every respect: for when two versions of a policy both have to permit something."""
    first, second = sorted((one, other), key=lambda ruling: STRICTNESS[ruling.mode])
    same = first.mode is second.mode
    return Ruling(
        mode=first.mode,
        reasons=tuple(dict.fromkeys((*first.reasons, *(second.reasons if same else ())))),
        rules=tuple(sorted({*first.rules, *(second.rules if same else ())})),
        hours=min(one.hours, other.hours),
        minutes=min(one.minutes, other.minutes),
        quorums=strictest((*one.quorums, *other.quorums)) if first.mode in PERMITTING else (),
        window=joined(frozenset((one.window, other.window))) if first.mode in PERMITTING else "",
        listed=one.listed and other.listed,
    )


def strictest(quorums: Iterable[Quorum]) -> tuple[Quorum, ...]:
    """Every group once, with the most people and the strongest proof that any rule asks of it."""
    found: dict[tuple[str, str], Quorum] = {}
    for one in quorums:
        other = found.get((one.name, one.group_id), one)
        found[one.name, one.group_id] = Quorum(
            name=one.name,
            group_id=one.group_id,
            need=max(one.need, other.need),
            strong=one.strong or other.strong,
        )
    return tuple(found[key] for key in sorted(found))


def mask(target: str) -> str:
    """A full name without what may be written as a number or as a name: its project, and the machine it is of."""
    parts = target.split("/")
    for at in range(3, len(parts)):
        if parts[at - 1] in ("projects", "instances") and parts[at] != "_":
            parts[at] = ""
    return "/".join(parts)


def _at_most(rule: Rule) -> Mode:
    """How strict a rule is that may apply: it can keep anything from being done, but never hides a card on a guess."""
    return NOTIFY if rule.then.mode is IGNORE else rule.then.mode


def _said(rule: Rule) -> str:
    why = f" ({rule.then.reason})" if rule.then.reason else ""
    return f"rule {rule.id} says {WORDS[rule.then.mode]}{why}"


def _lives(rule: Rule, now: datetime) -> bool:
    """Whether a rule still holds: one that ignores ends with its last day, in UTC."""
    return rule.then.mode is not IGNORE or rule.then.until is None or now.astimezone(UTC).date() <= rule.then.until


Index = dict[str, list[int]]


def _indexed(rules: tuple[Rule, ...]) -> tuple[Index, dict[str, list[int]], list[int]]:
    """Rules by their most selective key, by the dimension of that key (strictest first), and those without a key.

    A start waits for this, so keys are plain texts, and none is held on to that is not needed.
    """
    crowd: defaultdict[str, int] = defaultdict(int)
    for rule in rules:
        for keys in _keys_in(rule):
            for key in keys:
                crowd[key] += 1
    index, of_dimension, always = defaultdict(list), defaultdict(list), []
    for at, rule in enumerate(rules):
        chosen = min(_keys_in(rule), key=lambda keys: max([crowd[key] for key in keys]), default=None)
        if chosen is None:
            always.append(at)
            continue
        dimension = chosen[0][0]
        of_dimension[dimension].append(at)
        for key in {*chosen, *(MASKED + mask(key[1:]) for key in chosen if dimension == NAMED)}:
            index[key].append(at)
    for places in of_dimension.values():
        places.sort(key=lambda at: STRICTNESS[rules[at].then.mode])
    return dict(index), dict(of_dimension), always


def _keys_in(rule: Rule) -> list[list[str]]:
    """The exact keys of a rule, a list for each dimension, those of facts that are nearly always known first."""
    when = rule.when
    principal, target = when.principal, when.target
    keys = [[PRINCIPAL + one for one in principal.exactly]] if principal is not None and principal.exactly else []
    if target is not None and target.exactly:
        keys.append([NAMED + one for one in target.exactly])
    if when.permission:
        keys.append([PERMISSION + one for one in when.permission])
    if when.cause:
        keys.append([CAUSE + one for one in when.cause])
    return keys if target is None else keys + _keys_around(target)


def _keys_around(target: TargetMatch) -> list[list[str]]:
    """The keys of what is only known of a target once it was read."""
    keys = [[KIND + one for one in target.kind]] if target.kind else []
    if target.under:
        keys.append([UNDER + one for one in target.under])
    for label, values in target.labels.items():
        keys.append([f"{LABEL}{label}={value}" for value in values])
    return keys


def _keys_of(subject: Subject) -> Iterator[str]:
    """Every key under which a rule about a step can be kept, as far as facts are known."""
    yield CAUSE + subject.cause
    for permission in subject.permissions:
        yield PERMISSION + permission
    if subject.principal is not None:
        yield PRINCIPAL + as_stored(subject.principal)
    for name in spellings_of(subject):
        yield NAMED + name
    if subject.kind is not None:
        yield KIND + subject.kind
    for place in {*(subject.ancestry or ()), *((subject.project,) if subject.project else ())}:
        yield UNDER + place
    for key, value in (subject.labels or {}).items():
        yield f"{LABEL}{key}={value}"


def _untold(subject: Subject) -> Iterator[str]:
    """The dimensions in which nothing, or not all, is known of a step."""
    if subject.principal is None:
        yield PRINCIPAL
    if subject.target is None:
        yield NAMED
    if subject.kind is None:
        yield KIND
    if subject.ancestry is None or subject.project is None:
        yield UNDER
    if subject.labels is None:
        yield LABEL
