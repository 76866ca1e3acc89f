"""CONSUMER_INVALID: the project named is wrong, deleted or a placeholder."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="project.invalid",
    title="Project does not exist or cannot be used",
    order=39,
    tier=Tier.T3,
    explain="The project in the call does not exist, was deleted, or was never filled in. It looks like a missing role, but "
    "nobody can be granted anything there.",
    confirm=(
        "projects.get answers 403 or 404, or the project is in DELETE_REQUESTED (it can be restored for 30 days)",
    ),
    remedy="Correct the project in the client's configuration. A project deleted by mistake is restored by its owner.",
    traps=("X4",),
    errors=("CONSUMER_INVALID", "RESOURCE_PROJECT_INVALID"),
    legacy=("projectNotFound",),
    sentences=(
        Sentence(
            r"permission denied on resource project:? #?['\"]?(?P<project>[^\s'\",]{1,100}?)['\"]?(?:[.,;\s]|$)",
            weight=3,
        ),
        Sentence(r"project:? ['\"]?(?P<project>[\w:.-]+\w)['\"]? (?:is|was) not found and cannot be used", weight=3),
        Sentence(
            r"project:? ['\"\[]?(?P<project>[\w:.-]+\w)['\"\]]?,? (?:has been deleted|was deleted|is (?:scheduled|marked|pending|being) (?:for )?delet\w+|has been shut ?down|is shut ?down|does not exist|not found or (?:has been |was )?deleted)",
            weight=2,
            anyones=True,
        ),
        Sentence(r"(?:invalid|unknown) (?:consumer|user|quota|billing) project", weight=3),
        Sentence(r"(?:invalid|unknown) project (?:id|number|name)", weight=2, anyones=True),
    ),
)
