"""Whose words a text holds: Google Cloud's, another vendor's, or nobody's in particular."""

from __future__ import annotations

from enum import Enum

PLAINLY_GOOGLE = ("google", "gserviceaccount", "gcloud", "gcr.io", "pkg.dev")
OTHERS = (
    *("amazon", "arn:aws", "aws", "x-amz", "s3:", "s3error", " s3 ", '"s3"', "minio", "host id:", "hostid>"),
    *("azure", "aadsts", "microsoft", "github", "gitlab", "bitbucket", "by integration", "cloudflare", "alibaba"),
    *("docker.io", "registry-1.docker", "dockerhub", "quay.io", "npm err", "npmjs", "pypi", "jfrog", "oracle"),
    *("slack.com", "datadog", "heroku", "stripe", "openai", "okta", "salesforce", "confluent"),
    "status code: 403, request id",
)
"""In lower case. The last ones of a row are how the clients of AWS and GitHub end a refusal of their own."""
GOOGLE = (
    *("gcp", "gcr", "gsutil", "gs://", "bigquery", "gke", "firebase", "pubsub", "vertex", "stackdriver"),
    *(
        "cloud run",
        "compute engine",
        "cloudfunctions.net",
        "run.app",
        "appspot.com",
        "metadata server",
        "metadata agent",
        "169.254.169.254",
    ),
    *("permission_denied", "iam.", "caller does not have"),
)


class Vendor(Enum):
    """Whose words they are."""

    GOOGLE = "Google Cloud"
    OTHER = "another vendor"
    UNKNOWN = "not clear"


def vendor_of(text: str) -> Vendor:
    """Whose words a text holds: Google's own name comes before another vendor's, any other address last."""
    lowered = text.lower()
    if any(sign in lowered for sign in PLAINLY_GOOGLE):
        return Vendor.GOOGLE
    if any(sign in lowered for sign in OTHERS):
        return Vendor.OTHER
    if any(sign in lowered for sign in GOOGLE):
        return Vendor.GOOGLE
    return Vendor.OTHER if "https://" in lowered or "http://" in lowered else Vendor.UNKNOWN
