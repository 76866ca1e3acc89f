"""The families of fixes: each has an identity of its own, which may do its works and no others."""

from __future__ import annotations

FAMILIES = IAM, API, COMPUTE = ("iam", "api", "compute")
ENDINGS = "ends"
"""What the sweep carries out itself: the taking back of grants."""
