"""Identity-Aware Proxy refused a person or tunnel in front of the application."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="perimeter.iap",
    title="Identity-Aware Proxy",
    order=14,
    tier=Tier.T2,
    explain="Identity-Aware Proxy stands in front of this application or tunnel and did not let you through: either you "
    "lack its access role on this resource, or you do not meet its access level.",
    confirm=(
        "the data access log of iap.googleapis.com has an AuthorizeUser entry: unsatisfied access levels are listed there",
        "the IAP policy of the backend or tunnel (getIamPolicy) does not list the person or a group of theirs",
    ),
    remedy="Grant roles/iap.httpsResourceAccessor (tunnels: roles/iap.tunnelResourceAccessor) on that one resource to the "
    "person's group; a failed access level is the person's to meet.",
    marks=("iap",),
    permissions=(
        "iap.webServiceVersions.accessViaIAP",
        "iap.tunnelInstances.accessViaIAP",
        "iap.tunnelDestGroups.accessViaIAP",
    ),
    sentences=(
        Sentence(r"\biap[- ](?:protected|secured)\b", weight=3),
        Sentence(r"handled_by_identity_aware_proxy", weight=3),
        Sentence(r"\[?\b4033\b[: ,]+(?:u?['\"])?not authorized", weight=3),
        Sentence(
            r"(?:identity[- ]aware proxy|\biap\b).{0,60}(?:denied|not (?:authori[sz]ed|allowed)|do(?:es)?n't have access|do(?:es)? not have access|forbidden|refus)",
            weight=3,
        ),
        Sentence(
            r"(?:denied|forbidden|not (?:authori[sz]ed|allowed)).{0,60}(?:identity[- ]aware proxy|\biap\b)", weight=3
        ),
        Sentence(r"you don't have access.{0,160}\biap\b", weight=3),
        Sentence(r"error while connecting \[403[0-9]:", weight=2),
    ),
    fix=Remedy.GRANT_ROLE,
    service="iap.googleapis.com",
)
