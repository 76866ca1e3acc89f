"""Parts of one rule -> every problem with it that a key alone cannot show, told at its line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from shared.model.decision import ASK, Mode, Quorum
from shared.policy import identities
from shared.policy.grammar import ALLOWED, LISTED, NEEDED
from shared.policy.reading import Page, Part, listed, meant, of, texts, value_of
from shared.policy.window import parse_window

if TYPE_CHECKING:
    from shared.grants.catalogue import Catalogue

LONGEST_IGNORED = timedelta(days=366)
HOURS_ALONE, HOURS_ONE, HOURS_TWO = 8, 24, 72
"""How long a grant may last at most: without a person, by one, by two."""
MACHINE_ACTIONS = ("vm_scopes", "vm_recover")
MODE = {"approve": ASK} | {one.value: one for one in Mode}
NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
LONGEST_NAME = 63


class Known(Struct, frozen=True, kw_only=True):
    """What a file is judged against: today, the causes there are, the organisation's roles, whether proof is set up."""

    today: date
    causes: Collection[str]
    catalogue: Catalogue | None = None
    strong: bool = False


class Judge:
    """One rule, held against everything that a rule of its mode and action must and must not say."""

    def __init__(self, rule: Part, known: Known, page: Page) -> None:
        self.known, self.page = known, page
        self.when, self.then = of(rule.value, "when"), of(rule.value, "then")
        self.spoilt = frozenset[str]().union(*(one.spoilt for one in rule.value.values()))
        self.mode: str = value_of(self.then, "mode")
        self.action: str = value_of(self.then, "action")
        self.alone = self.mode == "auto"
        self.permits = self.mode in ("approve", "auto")

    def all(self, groups: dict[str, Quorum]) -> None:
        """Note every problem of the rule; where its mode cannot be read, those that it has in any mode."""
        self._names()
        self._approvers(groups)
        self._until()
        if "window" in self.then and isinstance(said := parse_window(self.then["window"].value), str):
            self.page.wrong(self.then["window"], said)
        if not self.mode:
            return
        self._keys()
        self._lists()
        self._hours(groups)
        if self.alone:
            self._unattended()

    def _keys(self) -> None:
        mode = self.then["mode"]
        for name, part in self.then.items():
            if name != "mode" and name not in ALLOWED[self.mode]:
                allowed = ", ".join(ALLOWED[self.mode])
                self.page.wrong(part, f"{name} means nothing in a rule of mode {self.mode}, which may say {allowed}")
        for name in NEEDED.get(self.mode, ()):
            if name not in self.then and name not in self.spoilt:
                self.page.wrong(mode, f"a rule of mode {self.mode} has to say {name}{WHY.get((self.mode, name), '')}")

    def _names(self) -> None:
        principal, target = of(self.when, "principal"), of(self.when, "target")
        for cause in listed(self.when, "cause"):
            if cause.value not in self.known.causes:
                near = meant(cause.value, self.known.causes) or "; `unforbid causes` lists them all"
                self.page.wrong(cause, f"there is no cause {cause.value!r}{near}")
        self._each(listed(principal, "is"), lambda one: identities.member_fault(one, alone=self.alone))
        if "in_group" in principal and not is_group(principal["in_group"].value):
            self.page.wrong(principal["in_group"], "in_group is the id of a directory group, letters and digits")
        self._each(
            listed(self.when, "permission"),
            lambda one: identities.permission_fault(one, permits=self.permits, alone=self.alone),
        )
        self._each(listed(target, "is"), identities.target_fault)
        self._each(listed(target, "under"), identities.place_fault)
        self._each(listed(self.then, "roles"), self._role_fault)
        self._each(listed(self.then, "services"), lambda one: identities.service_fault(one, alone=self.alone))

    def _each(self, parts: Iterable[Part], fault: Callable[[str], str]) -> None:
        for part in parts:
            if said := fault(part.value):
                self.page.wrong(part, said)

    def _role_fault(self, role: str) -> str:
        said = identities.role_fault(role, alone=self.alone)
        if said or self.known.catalogue is None:
            return said
        from shared.policy.contents import content_fault

        return content_fault(role, self.known.catalogue, alone=self.alone)

    def _lists(self) -> None:
        """What is permitted is listed: roles for a grant, APIs for enabling, and neither for anything else."""
        for action, name in LISTED.items():
            if name in self.then and self.action != action and self.mode in ("approve", "auto", "dry_run"):
                self.page.wrong(self.then[name], f"{name} belongs to {action}, and this rule permits {self._named()}")
            if self.permits and self.action == action and not {name} & {*self.then, *self.spoilt}:
                self.page.wrong(
                    self.then["mode"],
                    f"{action} needs the {name} it may give: what is not listed is not permitted",
                )

    def _named(self) -> str:
        return self.action or "no action by name"

    def _approvers(self, groups: dict[str, Quorum]) -> None:
        for part in listed(self.then, "approvers"):
            if part.value not in groups:
                near = meant(part.value, groups) or "; define it under approvers"
                self.page.wrong(part, f"there is no group {part.value!r} among the approvers{near}")
        proof_fault(self.then, self.known, self.page)
        if self.mode == "approve" and self.action in MACHINE_ACTIONS and 0 < self._people(groups) < 2:
            self.page.wrong(
                self.then["approvers"],
                f"{self.action} interrupts a machine, so two people have to agree: name the owners and security",
            )

    def _people(self, groups: dict[str, Quorum]) -> int:
        """How many people have to agree, 0 where a group is not known."""
        named = texts(self.then, "approvers")
        return sum(groups[one].need for one in named) if all(one in groups for one in named) else 0

    def _hours(self, groups: dict[str, Quorum]) -> None:
        if "hours" not in self.then or not self.permits:
            return
        part = self.then["hours"]
        if self.action and self.action != "grant_role":
            self.page.wrong(part, f"hours is how long a grant lasts, and {self.action} grants nothing: leave it out")
            return
        most = HOURS_ALONE if self.alone else HOURS_ONE if self._people(groups) == 1 else HOURS_TWO
        if part.value > most:
            who = {HOURS_ALONE: "without a person", HOURS_ONE: "by one person", HOURS_TWO: "by two people"}[most]
            self.page.wrong(part, f"{part.value} hours are too long: a grant {who} lasts at most {most}")

    def _until(self) -> None:
        if "until" not in self.then:
            return
        part = self.then["until"]
        day = date.fromisoformat(part.value)
        if day < self.known.today:
            self.page.wrong(part, f"{day} is over: this rule ignores nothing any more; delete it or say a later day")
        elif day - self.known.today > LONGEST_IGNORED:
            self.page.wrong(part, f"{day} is more than a year away: what is ignored has to be looked at once a year")

    def _unattended(self) -> None:
        """Without a person a rule names everything: principal, permission and target, or the API and its projects."""
        if self.action in MACHINE_ACTIONS:
            self.page.wrong(
                self.then["mode"], f"{self.action} interrupts a machine: it is never auto; make the rule approve"
            )
            return
        missing = list(self._unnamed())
        if missing:
            self.page.wrong(
                self.then["mode"], f"auto acts without a person, so the rule has to name {' and '.join(missing)}"
            )
        sources = set(texts(self.when, "source")) - {"audit"}
        if sources and self.action != "enable_api":
            self.page.wrong(
                self.when["source"],
                f"auto believes the audit log only: {', '.join(sorted(sources))} can at most lead to approve",
            )

    def _unnamed(self) -> Iterable[str]:
        target = of(self.when, "target")
        if self.action != "enable_api":
            if not {"principal"} & {*self.when, *self.spoilt}:
                yield "a principal (is, in_group or service_accounts_of)"
            if not {"permission"} & {*self.when, *self.spoilt}:
                yield "each permission"
        whole = [part for part in listed(target, "under") if part.value.startswith("organizations/")]
        if whole:
            self.page.wrong(whole[0], "a whole organisation is no named target: auto names folders or projects")
        elif not {"is", "under"} & {*target, *self._spoilt_of("target")} and "target" not in self.spoilt:
            yield "a target (is, or under a folder or project)"
        elif self.action == "enable_api" and not self._projects_named(target):
            yield "each project by is or under: projects/ID"

    def _spoilt_of(self, name: str) -> frozenset[str]:
        return self.when[name].spoilt if name in self.when else frozenset()

    def _projects_named(self, target: dict[str, Part]) -> bool:
        return (
            "is" in target
            or "is" in self._spoilt_of("target")
            or all(one.startswith("projects/") for one in texts(target, "under"))
        )


WHY = {
    ("approve", "approvers"): ": who is asked? empty means nobody",
    ("approve", "action"): ": grant_role, enable_api, vm_scopes or vm_recover",
    ("auto", "action"): ": grant_role or enable_api",
    ("ignore", "until"): ": what is ignored has to come back one day",
    ("ignore", "reason"): ": whoever misses the card will ask why",
}


def is_name(text: str) -> bool:
    """Whether a text may name a rule or a group of approvers."""
    return 0 < len(text) <= LONGEST_NAME and NAME.issuperset(text) and text[0] not in "-_"


def is_group(text: str) -> bool:
    """Whether a text may be the id of a directory group."""
    return text.isascii() and text.isalnum() and len(text) <= LONGEST_NAME


def proof_fault(parts: dict[str, Part], known: Known, page: Page) -> None:
    """Note that strong proof is asked for where nobody could give it."""
    if "proof" in parts and not known.strong:
        page.wrong(parts["proof"], "no way to give strong proof is set up: nobody could ever agree, so leave proof out")
