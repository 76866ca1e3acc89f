"""Kubernetes admission: what turns a request down after the cluster authorised it, which is no refusal of access."""

from __future__ import annotations

ADMISSION = "the cluster authorised this request; admission or quota of the cluster turned it down later"
SIGNS = ("forbidden: exceeded quota", "admission webhook", "violates PodSecurity")


def is_admission(message: str) -> bool:
    """Whether the words are those of an admission controller: a webhook, Pod Security, a namespace's ResourceQuota."""
    return any(sign in message for sign in SIGNS)
