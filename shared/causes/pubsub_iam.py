"""Pub/Sub: the caller lacks a permission on the topic or subscription."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Remedy, Tier

CAUSE = Cause(
    id="pubsub.iam",
    title="Pub/Sub permission missing",
    order=90,
    tier=Tier.T1,
    explain="The caller may not do this with the topic or subscription. Pub/Sub's own messages often do not say which permission it wanted.",
    confirm=(
        "Policy Troubleshooter for the topic or subscription says NOT_GRANTED, and it exists",
        "for dead letters, push and log sinks it is Google's agent or the sink's writer identity that needs the role",
    ),
    remedy="Grant a role that holds the permission on the topic or subscription: roles/pubsub.publisher to publish, "
    "roles/pubsub.subscriber to read.",
    traps=("X10", "X12"),
    permissions=("pubsub.*",),
    sentences=(
        Sentence(r"user not authorized to perform this action\.?\s*(?:$|['\"\])},<;]|\w+[=:])", weight=2),
        Sentence(r"user not authorized to perform this action", weight=2, anyones=True),
    ),
    fix=Remedy.GRANT_ROLE,
    service="pubsub.googleapis.com",
)
