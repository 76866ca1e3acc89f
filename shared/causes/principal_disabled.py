"""ACCOUNT_STATE_INVALID: the account is disabled."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="principal.disabled",
    title="Account disabled",
    order=61,
    tier=Tier.T3,
    explain="The account that calls is disabled. Somebody did that, possibly in answer to an incident.",
    confirm=(
        "serviceAccounts.get shows disabled: true (iam.serviceAccounts.get)",
        "DisableServiceAccount in the activity log names who and when",
    ),
    remedy="Ask whoever disabled it. Enabling it again is never automatic.",
    errors=("ACCOUNT_STATE_INVALID",),
    legacy=("accountDisabledByAdmin", "userDisabled"),
    sentences=(
        Sentence(r"invalid_grant\W.{0,60}\baccount (?:(?:has been|was|is) )?disabled", weight=3),
        Sentence(
            r"(?:invalid_grant|error|grant|token|40[013])\b.{0,60}robot is disabled|^\W{0,4}robot is disabled\W{0,4}$",
            weight=3,
        ),
        Sentence(
            r"(?:service ?account|user account|account) ?['\"\[(]?[\w.@%+-]*['\"\])]? (?:is|has been|was) (?:currently )?disabled",
            weight=3,
            anyones=True,
        ),
        Sentence(r"account (?:is )?disabled|disabled (?:service )?account", weight=2, anyones=True),
        Sentence(
            r"(?:disabled|suspended|blocked|terminated)\b.{0,60}\bviolati\w+ of .{0,30}terms of service",
            weight=3,
            anyones=True,
        ),
        Sentence(r"disabled_client|oauth client was disabled", weight=3, anyones=True),
    ),
    guardrail=True,
)
