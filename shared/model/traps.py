"""Where a text misleads: what it looks like, what it really is, and what tells the two apart."""

from __future__ import annotations

from msgspec import Struct


class Trap(Struct, frozen=True):
    """One misleading text, in the words a reader of a cause's page needs."""

    text: str
    looks_like: str
    really: str
    tell: str


TRAPS = {
    "X1": Trap(
        "insufficient authentication scopes, on a call to IAM Credentials",
        "a missing token creator role",
        "the caller's own token lacks cloud-platform, the only scope that API takes",
        "ErrorInfo ACCESS_TOKEN_SCOPE_INSUFFICIENT for iamcredentials.googleapis.com: no grant helps",
    ),
    "X2": Trap(
        "getAccessToken denied on resource (or it may not exist)",
        "a missing role",
        "perhaps a misspelt or deleted account, or a broken link of a delegation chain",
        "whether the account exists; each link of the chain",
    ),
    "X3": Trap(
        "this error could be caused by a missing IAM policy binding (GKE)",
        "a missing binding",
        "the sentence is appended to other errors too, such as a disabled API",
        "what stands before it in the same line",
    ),
    "X4": Trap(
        "Permission denied on resource project",
        "a missing role",
        "a project that is wrong, deleted or never filled in",
        "no permission is named; projects.get of that project",
    ),
    "X5": Trap(
        "the Compute Engine instance does not have the correct permission scopes specified (Node.js client)",
        "the VM's scopes",
        "a guess the client puts before any 403",
        "the message after that sentence",
    ),
    "X6": Trap(
        "requires a quota project, which is not set by default",
        "a disabled API",
        "a person's credentials without a quota project",
        "the consumer is the number of one of Google's own clients",
    ),
    "X7": Trap(
        "the API has not been used in a project you do not expect",
        "a wrong project printed by mistake",
        "that project is the one the call is accounted to",
        "use the project in the error, not the one that owns the log or the resource",
    ),
    "X8": Trap(
        "a 403 with the reason forbidden",
        "a missing IAM permission",
        "scopes, retention, holds, quota and billing use that reason too",
        "the message comes before the reason",
    ),
    "X9": Trap(
        "a 403 with rateLimitExceeded or quotaExceeded",
        "missing access",
        "a quota",
        "the reason comes before the status",
    ),
    "X10": Trap(
        "The caller does not have permission",
        "a role that was never granted",
        "a deny policy, a boundary, a condition or a perimeter print the same",
        "Policy Troubleshooter; nothing is planned where no permission is known",
    ),
    "X11": Trap(
        "an audit entry that checked several permissions",
        "all of them missing",
        "only those without granted: true are missing",
        "each element of authorizationInfo by itself",
    ),
    "X12": Trap(
        "a service agent or cloudservices account as principal",
        "a grant to that account",
        "the fix may belong to the person on whose request it acts, or be the agent's documented role",
        "the delegation chain and the method",
    ),
    "X13": Trap(
        "a denial moments after a SetIamPolicy",
        "a missing role",
        "a grant that has not reached everywhere yet",
        "the two times",
    ),
    "X14": Trap(
        "a VPC Service Controls entry with dryRun",
        "an outage",
        "a simulation: the call went through",
        "the field is present and true",
    ),
    "X15": Trap(
        "401 not authorized to invoke this service",
        "a missing invoker role",
        "an ID token with the wrong audience, or expired",
        "the status is 401",
    ),
    "X16": Trap(
        "403s after memory pressure on a VM",
        "the OOM kill caused them",
        "coincidence, or a client that fell back to anonymous",
        "the fields of the 403 itself; memory is evidence beside them",
    ),
    "X17": Trap(
        "the parent, such as projects/p, as the resource of a create or list call",
        "a grant on the whole project",
        "right only where the method checks the parent",
        "method and permission together",
    ),
}
