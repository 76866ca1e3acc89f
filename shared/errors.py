"""What can go wrong, by what the caller does about it.

UnforbidError
├── Retryable                 raise it: the message is delivered again
│   ├── StoreUnavailable
│   ├── LookFailed            Google did not answer a question, or not in time
│   ├── ChatUnavailable       Slack takes nothing now; from when on it may
│   └── Overtaken             another worker wrote the line that this one was about to write
└── Permanent                 record it, report it, acknowledge the message
    ├── Unreadable            the input cannot be an entry; kept in quarantine
    ├── SettingsError         every problem of the settings at once
    ├── NotFound              nothing is stored under that id
    ├── Refused               a change may not be made, with every reason
    ├── PolicyError           every problem of a policy file at once; none of it is used
    ├── ChatRefused           Slack will not take a message; its own code says why
    └── NotAllowedToLook      Google refused a question of ours, and which permission would allow it
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from shared.model.policy import Problem


class UnforbidError(Exception):
    """The root of every error raised on purpose here."""


class Retryable(UnforbidError):  # noqa: N818 - a branch of the tree, named for what the caller does
    """Trying the same again later may work."""


class StoreUnavailable(Retryable):
    """The store cannot be read or written now."""


class LookFailed(Retryable):
    """A question to Google got no answer: what was asked, about what, and why it failed."""

    def __init__(self, asked: str, about: str, why: str) -> None:
        super().__init__(f"could not {asked} of {about}: {why}")
        self.asked, self.about, self.why = asked, about, why


class ChatUnavailable(Retryable):
    """Slack did not take a message now; `again_at` is when it may, by its own word or ours."""

    def __init__(self, why: str, again_at: datetime) -> None:
        super().__init__(f"Slack takes nothing now: {why}; again at {again_at:%H:%M:%S} UTC")
        self.again_at = again_at


class Overtaken(Retryable):
    """Another worker has gone on with the fix; this one must do nothing more."""


class Permanent(UnforbidError):  # noqa: N818 - likewise
    """Trying the same again cannot work."""


class Unreadable(Permanent):
    """The input cannot be read as a log entry; the message says why in a sentence."""


class SettingsError(Permanent):
    """The settings cannot be used; every problem is listed."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("settings: " + "; ".join(problems))
        self.problems = problems


class PolicyError(Permanent):
    """A policy file that cannot be used, none of it; every problem is listed with its line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        listed = "".join(f"\n  {one}" for one in self.problems)
        count = len(self.problems)
        super().__init__(f"the policy is refused whole, for {count} problem{'s' if count > 1 else ''}:{listed}")


class NotFound(Permanent):
    """Nothing is stored under the id asked for."""


class Refused(Permanent):
    """A change may not be made; the message says why, for the person who asked for it."""


class ChatRefused(Permanent):
    """Slack will not take a message however often it is sent: its code, and what to do about it."""

    def __init__(self, code: str, hint: str) -> None:
        super().__init__(f"Slack refused the message ({code}): {hint}")
        self.code = code


class NotAllowedToLook(Permanent):
    """Google refused a question of ours: the permission that would allow it, and on what."""

    def __init__(self, permission: str, on: str, why: str) -> None:
        super().__init__(f"not allowed to look: {permission} is missing on {on}: {why}")
        self.permission, self.on, self.why = permission, on, why


def where(error: BaseException) -> str:
    """Where a defect happened and of what kind it is; never its words, which may be those of an entry."""
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None and before not in chain:
        chain.append(before)
    return "\n".join("".join(traceback.format_tb(one.__traceback__)) + type(one).__name__ for one in reversed(chain))
