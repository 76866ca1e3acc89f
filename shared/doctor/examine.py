"""Every check of a deployment, in the order in which a denial passes it."""

from __future__ import annotations

from shared.doctor.audit_logs import audit_log_checks
from shared.doctor.fence import fence_checks
from shared.doctor.finding import Finding
from shared.doctor.identities import identities
from shared.doctor.input import delivery_checks, sink_checks, topic_checks
from shared.doctor.parts import function_checks, policy_checks, secret_checks, slack_checks, store_checks
from shared.model.deployment import Deployment

CHECKS = (
    *(audit_log_checks, sink_checks, topic_checks, delivery_checks, function_checks, identities, fence_checks),
    *(secret_checks, slack_checks, policy_checks, store_checks),
)


def examine(deployment: Deployment) -> tuple[Finding, ...]:
    """What every check found."""
    return tuple(finding for check in CHECKS for finding in check(deployment))
