"""Every key the policy file knows, and what is expected there: what is read, and the schema for editors, follow it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from shared.model.denial import Trust
from shared.model.plan import Remedy
from shared.policy.kinds import KINDS


class Expects(StrEnum):
    """What may be written behind a key."""

    TEXT = "text"
    TEXTS = "text, or a list of texts"
    NUMBER = "a whole number"
    DAY = "a day as YYYY-MM-DD"
    PART = "a mapping"
    PARTS = "a list of mappings"
    NAMED = "a mapping of names to mappings"
    NAMED_TEXTS = "a mapping of names to texts or lists of texts"


TEXT, TEXTS, NUMBER, DAY, PART, PARTS, NAMED, NAMED_TEXTS = Expects
MODES = ("ignore", "notify", "dry_run", "approve", "auto")
ACTIONS = tuple(one.value for one in Remedy if one is not Remedy.ADVISE)
LONGEST_APPROVAL, LONGEST_DEFAULT = 30, 8


class Key(Struct, frozen=True, kw_only=True):
    """One key of a mapping: what it expects, which values there are, and the mapping behind it, by name."""

    expects: Expects
    about: str
    required: bool = False
    choices: tuple[str, ...] = ()
    least: int = 1
    most: int = 0
    part: str = ""


Shape = dict[str, Key]

SHAPES: dict[str, Shape] = {
    "file": {
        "version": Key(expects=NUMBER, required=True, most=1, about="the version of this format"),
        "defaults": Key(expects=PART, part="defaults", about="what holds where no rule says otherwise"),
        "approvers": Key(
            expects=NAMED, part="approver", about="directory groups that may be asked, by a name of yours"
        ),
        "rules": Key(expects=PARTS, part="rule", about="all that match are collected and the strictest wins"),
    },
    "defaults": {
        "mode": Key(expects=TEXT, choices=("notify",), about="what no rule speaks of is told and not touched"),
        "hours": Key(expects=NUMBER, most=LONGEST_DEFAULT, about="how long a grant lasts"),
        "approval_minutes": Key(expects=NUMBER, most=LONGEST_APPROVAL, about="how long an approval may be given"),
    },
    "approver": {
        "group_id": Key(expects=TEXT, required=True, about="the id of the group in Cloud Identity, without groups/"),
        "need": Key(expects=NUMBER, most=10, about="how many of them have to agree"),
        "proof": Key(expects=TEXT, choices=("strong",), about="asks for an OIDC or IAP assertion beside the vote"),
    },
    "rule": {
        "id": Key(expects=TEXT, required=True, about="a name of your own, used once"),
        "when": Key(expects=PART, part="when", required=True, about="all of it has to match"),
        "then": Key(expects=PART, part="then", required=True, about="what then may be done"),
    },
    "when": {
        "source": Key(expects=TEXTS, choices=tuple(Trust), about="how far the entry can be believed"),
        "cause": Key(expects=TEXTS, about="ids of causes; `unforbid causes` lists them"),
        "principal": Key(expects=PART, part="principal", about="who was refused"),
        "permission": Key(expects=TEXTS, about="every permission that was refused is among these"),
        "target": Key(expects=PART, part="target", about="what would be changed"),
    },
    "principal": {
        "is": Key(expects=TEXTS, about="exact IAM members"),
        "in_group": Key(expects=TEXT, about="the id of a directory group; membership is asked when it matters"),
        "service_accounts_of": Key(
            expects=TEXT, choices=("target_project",), about="a service account of the project of the target"
        ),
    },
    "target": {
        "is": Key(expects=TEXTS, about="exact full resource names"),
        "under": Key(expects=TEXTS, about="projects/P, folders/N or organizations/N that the target stands under"),
        "kind": Key(expects=TEXTS, choices=tuple(sorted({*KINDS.values(), "project"})), about="what it is"),
        "labels": Key(expects=NAMED_TEXTS, about="labels of the target, or of its project where it has none"),
    },
    "then": {
        "mode": Key(expects=TEXT, required=True, choices=MODES, about="from strictest to freest"),
        "action": Key(expects=TEXT, choices=ACTIONS, about="the kind of fix that is permitted"),
        "roles": Key(expects=TEXTS, about="the roles that may be granted"),
        "services": Key(expects=TEXTS, about="the APIs that may be enabled"),
        "hours": Key(expects=NUMBER, most=72, about="how long a grant lasts"),
        "approvers": Key(expects=TEXTS, about="names of approvers; each of them has to agree"),
        "proof": Key(expects=TEXT, choices=("strong",), about="asks for an OIDC or IAP assertion beside the vote"),
        "window": Key(expects=TEXT, about="when it may happen, such as Mon-Thu 09:00-16:00 Europe/Rome"),
        "until": Key(expects=DAY, about="the last day on which the rule ignores anything"),
        "reason": Key(expects=TEXT, about="why, for the people who read it later"),
    },
}
ALLOWED = {
    "ignore": ("until", "reason"),
    "notify": ("reason",),
    "dry_run": ("action", "roles", "services", "reason"),
    "approve": ("action", "roles", "services", "hours", "approvers", "proof", "window", "reason"),
    "auto": ("action", "roles", "services", "hours", "window", "reason"),
}
"""What a rule of a mode may say beside its mode."""
NEEDED = {"ignore": ("until", "reason"), "approve": ("action", "approvers"), "auto": ("action",)}
LISTED = {"grant_role": "roles", "enable_api": "services"}
"""Which list says what an action may give; what is not listed is not permitted."""
