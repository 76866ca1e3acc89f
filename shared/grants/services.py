"""From the names people use to the API they mean: permission prefixes, command groups, resource types of Terraform."""

from __future__ import annotations

from functools import lru_cache

_OTHER_NAMES = {
    "resourcemanager": "cloudresourcemanager",
    "billing": "cloudbilling",
    "cloudsql": "sqladmin",
    "datastore": "firestore",
    "bigtable": "bigtableadmin",
    "source": "sourcerepo",
    "cloudtranslate": "translate",
    "firebaseauth": "identitytoolkit",
    "errorreporting": "clouderrorreporting",
    "subscribewithgoogledeveloper": "subscribewithgoogle",
}
_SAME_NAME = (
    "bigquery cloudbuild run cloudfunctions composer compute container dataflow dataproc dns eventarc firebase "
    "firestore iam iap logging monitoring pubsub redis spanner storage workflows workstations"
)
_PRODUCTS = {name: name for name in _SAME_NAME.split()} | {
    "ai": "aiplatform",
    "app": "appengine",
    "app_engine": "appengine",
    "artifact_registry": "artifactregistry",
    "artifacts": "artifactregistry",
    "asset": "cloudasset",
    "billing": "cloudbilling",
    "bq": "bigquery",
    "builds": "cloudbuild",
    "cloud_run": "run",
    "cloud_scheduler": "cloudscheduler",
    "cloud_tasks": "cloudtasks",
    "deploy": "clouddeploy",
    "endpoints": "servicemanagement",
    "filestore": "file",
    "folder": "cloudresourcemanager",
    "functions": "cloudfunctions",
    "kms": "cloudkms",
    "memorystore": "redis",
    "organization": "cloudresourcemanager",
    "organizations": "cloudresourcemanager",
    "project": "cloudresourcemanager",
    "projects": "cloudresourcemanager",
    "scc": "securitycenter",
    "scheduler": "cloudscheduler",
    "secret_manager": "secretmanager",
    "secrets": "secretmanager",
    "service_account": "iam",
    "services": "serviceusage",
    "sql": "sqladmin",
    "tasks": "cloudtasks",
    "vertex": "aiplatform",
    "vertex_ai": "aiplatform",
}
_LEVELS = ("beta", "alpha", "preview")


_CREDENTIALS = frozenset(
    f"iam.serviceAccounts.{verb}"
    for verb in ("getAccessToken", "getOpenIdToken", "signBlob", "signJwt", "implicitDelegation")
)


@lru_cache(maxsize=4_096)
def service_of(permission: str) -> str:
    """The API host of a permission: `storage.objects.get` is checked by `storage.googleapis.com`."""
    if permission in _CREDENTIALS:
        return "iamcredentials.googleapis.com"
    prefix = permission.partition(".")[0]
    return f"{_OTHER_NAMES.get(prefix, prefix)}.googleapis.com"


def service_of_command(command: str) -> str | None:
    """The API host behind `gcloud.beta.run.deploy`, or None for groups that stand for no single API."""
    for group in command.split(".")[1:]:
        if group not in _LEVELS:
            product = _PRODUCTS.get(group)
            return f"{product}.googleapis.com" if product else None
    return None


def service_of_terraform(kind: str) -> str | None:
    """The API host behind a resource type such as `google_storage_bucket`, by its longest known beginning."""
    words = kind.removeprefix("google_").split("_")
    for size in (2, 1):
        if product := _PRODUCTS.get("_".join(words[:size])):
            return f"{product}.googleapis.com"
    return None
