"""The fence outside every role: a deny policy in the organisation says what none of our accounts may ever do."""

from __future__ import annotations

from collections.abc import Iterator

from shared.doctor.finding import Finding, apply, fine, untold, wrong
from shared.model.deployment import Deployment, Untold

CHECK = "permissions"
SETTING = "UNFORBID_ORGANIZATION"
DENIED = frozenset(
    {
        "cloudresourcemanager.googleapis.com/projects.delete",
        "iam.googleapis.com/roles.update",
        "iam.googleapis.com/serviceAccountKeys.create",
        "iam.googleapis.com/serviceAccounts.getAccessToken",
        "iam.googleapis.com/serviceAccounts.signBlob",
        "iam.googleapis.com/serviceAccounts.signJwt",
        "logging.googleapis.com/sinks.delete",
        "logging.googleapis.com/sinks.update",
    }
)
"""What it has to deny at least: tokens and keys of others, wider roles, and the end of the log that tells of us."""
PRINCIPAL = "principal://iam.googleapis.com/projects/-/serviceAccounts/"


def fence_checks(deployment: Deployment) -> Iterator[Finding]:
    """Where an organisation is set, every account of ours is denied all of it."""
    organization = next((one.settings[SETTING] for one in deployment.named.values() if SETTING in one.settings), "")
    if not organization:
        return
    if isinstance(deployment.denied, Untold):
        yield untold(CHECK, "the deny policy on our own accounts", deployment.denied)
        return
    open_to: dict[str, set[str]] = {}
    for one in deployment.named.values():
        denied = deployment.denied.get(f"{PRINCIPAL}{one.account}", frozenset())
        if missing := DENIED - denied:
            open_to[one.name] = set(missing)
    if not open_to:
        yield fine(CHECK, "a deny policy keeps our own accounts from tokens, keys, roles and sinks")
        return
    what = ", ".join(sorted({permission for some in open_to.values() for permission in some})[:4])
    said = f"no deny policy keeps {', '.join(sorted(open_to))} from {what}"
    yield wrong(CHECK, said, apply(deployment.place, "google_iam_deny_policy.own[0]"))
