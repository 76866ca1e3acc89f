"""Compute Engine: the caller lacks a permission on an instance or something it depends on."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="compute.generic",
    title="Compute Engine permission missing",
    order=90,
    tier=Tier.T2,
    explain="The caller lacks a Compute Engine permission on this resource or on one it depends on: the subnet (often in the host "
    "project of a Shared VPC), the image, the disk.",
    confirm=(
        "Policy Troubleshooter for exactly the named resource says NOT_GRANTED",
        "with Shared VPC the permission is missing in the host project, often for the service agent",
    ),
    remedy="Grant the narrowest role on the one resource named (for a subnet roles/compute.networkUser on the subnet).",
    traps=("X10", "X12", "X17"),
    permissions=("compute.*",),
    sentences=(
        Sentence(
            r"required ['\"](?P<permission>compute\.[\w.]+)['\"] permission(?:\(s\))? for ['\"](?P<resource>[^'\"]+)['\"]",
            weight=3,
        ),
    ),
    fix=Remedy.GRANT_ROLE,
)
