"""The account was deleted, or made again under the same name."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="principal.deleted",
    title="Account deleted",
    order=60,
    tier=Tier.T3,
    explain="The account that calls no longer exists. An account made again under the same name is a new identity: the old "
    "one's roles are not its own.",
    confirm=(
        "serviceAccounts.get answers 404, or its uniqueId differs from the uid in policies (deleted:serviceAccount:...?uid=)",
        "DeleteServiceAccount in the activity log names who and when",
    ),
    remedy="Restore the account within 30 days (undelete), or use the account that replaced it and let owners grant its roles anew.",
    sentences=(
        Sentence(r"invalid_grant\W.{0,60}\baccount (?:(?:has been|was|is) )?(?:deleted|not found)", weight=3),
        Sentence(
            r"account (?:has been|was|is) deleted|account not found|deleted_client|oauth client was deleted",
            weight=3,
            anyones=True,
        ),
        Sentence(r"gaia id not found", weight=3),
        Sentence(r"deleted:(?:serviceAccount|user|group):(?P<principal>[^\s?]+)\?uid=\d+", weight=3),
    ),
)
