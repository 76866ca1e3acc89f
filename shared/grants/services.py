"""From the names people use to the API they mean: permission prefixes, command groups, resource types of Terraform."""

from __future__ import annotations

_OTHER_NAMES = {
    "resourcemanager": "cloudresourcemanager", "billing": "cloudbilling", "cloudsql": "sqladmin", "datastore": "firestore",
    "bigtable": "bigtableadmin", "source": "sourcerepo", "cloudtranslate": "translate", "firebaseauth": "identitytoolkit",
    "errorreporting": "clouderrorreporting", "subscribewithgoogledeveloper": "subscribewithgoogle",
}  # fmt: skip
_PRODUCTS = {
    "artifacts": "artifactregistry", "artifact_registry": "artifactregistry", "asset": "cloudasset", "app": "appengine",
    "app_engine": "appengine", "billing": "cloudbilling", "bq": "bigquery", "bigquery": "bigquery", "builds": "cloudbuild",
    "cloudbuild": "cloudbuild", "cloud_run": "run", "run": "run", "cloudfunctions": "cloudfunctions",
    "functions": "cloudfunctions", "composer": "composer", "compute": "compute", "container": "container",
    "dataflow": "dataflow", "dataproc": "dataproc", "deploy": "clouddeploy", "dns": "dns", "endpoints": "servicemanagement",
    "eventarc": "eventarc", "filestore": "file", "firebase": "firebase", "firestore": "firestore", "folder": "cloudresourcemanager",
    "iam": "iam", "iap": "iap", "kms": "cloudkms", "logging": "logging", "memorystore": "redis", "monitoring": "monitoring",
    "organizations": "cloudresourcemanager", "organization": "cloudresourcemanager", "project": "cloudresourcemanager",
    "projects": "cloudresourcemanager", "pubsub": "pubsub", "redis": "redis", "scheduler": "cloudscheduler",
    "cloud_scheduler": "cloudscheduler", "scc": "securitycenter", "secret_manager": "secretmanager", "secrets": "secretmanager",
    "services": "serviceusage", "service_account": "iam", "spanner": "spanner", "sql": "sqladmin", "storage": "storage",
    "tasks": "cloudtasks", "cloud_tasks": "cloudtasks", "vertex": "aiplatform", "vertex_ai": "aiplatform", "ai": "aiplatform",
    "workflows": "workflows", "workstations": "workstations",
}  # fmt: skip
_LEVELS = ("beta", "alpha", "preview")


def service_of(permission: str) -> str:
    """The API host of a permission: `storage.objects.get` is checked by `storage.googleapis.com`."""
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
