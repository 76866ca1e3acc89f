"""Cause -> its reference page in Markdown: for `unforbid causes ID` and for docs/causes."""

from __future__ import annotations

from shared.model.diagnosis import Cause
from shared.model.plan import Remedy, Tier
from shared.model.traps import TRAPS

WHO_AGREES = {
    Tier.T0: "a written rule may allow it",
    Tier.T1: "one owner of the target agrees",
    Tier.T2: "an owner and security agree",
    Tier.T3: "no machine does it; at most a proposal is written",
}


def cause_page(cause: Cause) -> str:
    """The page of one cause."""
    parts = [
        f"# {cause.id}: {cause.title}",
        cause.explain,
        "## What would confirm it",
        _list(cause.confirm),
        "## What mends it",
        cause.remedy,
    ]
    change = "" if cause.fix is Remedy.ADVISE else f"; the plan uses `{cause.fix}`"
    parts.append(f"Tier {cause.tier}: {WHO_AGREES[cause.tier]}{change}.")
    if cause.next_error:
        parts += ["## What comes next", _sentence(cause.next_error)]
    if signs := _signs(cause):
        parts += ["## How it is recognised", _list(signs)]
    if cause.also:
        parts += ["## What the log alone cannot exclude", _list([f"`{also.cause}`: {also.why}" for also in cause.also])]
    if cause.traps:
        parts += ["## Where the text misleads", _list([_trap(name) for name in cause.traps])]
    return "\n\n".join(parts) + "\n"


def _signs(cause: Cause) -> list[str]:
    kinds = (
        ("ErrorInfo reason", cause.errors),
        ("reason in an older error body", cause.legacy),
        ("violation of type", cause.violations),
        ("typed metadata", cause.marks),
        ("refused permission", cause.permissions),
    )
    signs = [f"{kind}: {', '.join(f'`{value}`' for value in values)}" for kind, values in kinds if values]
    if cause.sentences:
        signs.append(f"{len(cause.sentences)} sentence forms in messages and logs")
    return signs


def _trap(name: str) -> str:
    trap = TRAPS[name]
    return f"{name}: *{trap.text}*. Looks like: {trap.looks_like}. Really: {trap.really}. What tells: {trap.tell}."


def _list(lines: tuple[str, ...] | list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
