"""The resource may not exist: Google answers 403 rather than 404."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="iam.not_found",
    title="Resource may not exist",
    order=94,
    tier=Tier.T3,
    explain="Google does not tell strangers whether a resource exists: a wrong name, project or location looks like missing access. "
    "The text names no permission that a role could supply.",
    confirm=(
        "a get of the resource with rights of our own: 404 means that it does not exist",
        "a delete entry in the activity log; soft-deleted objects",
    ),
    remedy="Check name, project and location first; restore what was deleted. Never grant before.",
    traps=("X2", "X4"),
    sentences=(
        Sentence(r"permission denied on ['\"]?(?P<resource>[\w-]+/[^\s'\"]+)['\"]? \(or it may not exist\)", weight=3),
        Sentence(r"not found or permission denied|permission denied or (?:it )?(?:does not|doesn't) exist", weight=3),
        Sentence(
            r"(?:does not exist|not found),? or (?:you|the caller|the user|it) (?:do|does|is|are|may|might)? ?(?:not|n't)",
            weight=3,
            anyones=True,
        ),
        Sentence(
            r"not have permission to access \w+ ['\"]?(?P<resource>[\w./:-]+\w)['\"]?,? or it may not exist", weight=3
        ),
        Sentence(r"or (?:that )?(?:it|the resource) (?:may|might) not exist", weight=1, refusal=False),
        Sentence(r"or perhaps it does not exist", weight=1, refusal=False),
    ),
)
