"""How dangerous a permission is to hand out: the floor that no policy file may lower.

Source: privilege-escalation edges of Google Cloud IAM, matched on permission names.
"""

from __future__ import annotations

from functools import lru_cache

from shared.model.plan import T1, T2, T3, Tier

NEVER_VERBS = ("setIamPolicy", "createTagBinding", "sourceCodeSet", "escalate", "bind", "setIamPolicyOverride")
NEVER = (
    "accesscontextmanager.",
    "apikeys.keys.",
    "billing.",
    "clientauthconfig.",
    "cloudsql.users.",
    "composer.",
    "config.deployments.",
    "deploymentmanager.deployments.",
    "iam.denypolicies.",
    "iam.oauthClient",
    "iam.principalaccessboundarypolicies.",
    "iam.roles.",
    "iam.serviceAccountApiKeyBindings.",
    "iam.serviceAccountKeys.",
    "iam.workforcePool",
    "iam.workloadIdentityPool",
    "iam.workspacePool",
    "notebooks.",
    "orgpolicy.",
    "privilegedaccessmanager.",
    "resourcemanager.folders.",
    "resourcemanager.organizations.",
    "serviceusage.apiKeys.",
    "storage.hmacKeys.",
    "workstations.",
)
NEVER_EXACT = frozenset(
    {
        "aiplatform.customJobs.create",
        "aiplatform.pipelineJobs.create",
        "appengine.versions.create",
        "batch.jobs.create",
        "cloudbuild.builds.create",
        "cloudfunctions.functions.create",
        "cloudfunctions.functions.update",
        "cloudscheduler.jobs.create",
        "cloudscheduler.jobs.update",
        "cloudtasks.tasks.create",
        "compute.instanceTemplates.create",
        "compute.instances.create",
        "compute.instances.osAdminLogin",
        "compute.instances.osLogin",
        "compute.instances.setMetadata",
        "compute.instances.setServiceAccount",
        "compute.instances.update",
        "compute.projects.setCommonInstanceMetadata",
        "container.pods.exec",
        "container.secrets.get",
        "container.serviceAccounts.createToken",
        "dataflow.jobs.create",
        "dataproc.clusters.create",
        "dataproc.jobs.create",
        "eventarc.triggers.create",
        "iap.tunnelInstances.accessViaIAP",
        "logging.sinks.delete",
        "logging.sinks.update",
        "resourcemanager.projects.delete",
        "resourcemanager.projects.move",
        "resourcemanager.projects.updateLiens",
        "resourcemanager.tagValueBindings.create",
        "run.jobs.create",
        "run.jobs.runWithOverrides",
        "run.jobs.update",
        "run.services.create",
        "run.services.update",
        "serviceusage.services.disable",
        "workflows.workflows.create",
        "workflows.workflows.update",
    }
)
READS_ONLY = ("get", "list", "search", "query")
ONE_ACCOUNT = "iam.serviceAccounts."
TWO_PEOPLE = frozenset(
    {
        "cloudkms.cryptoKeyVersions.useToDecrypt",
        "iam.serviceAccounts.actAs",
        "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken",
        "iam.serviceAccounts.implicitDelegation",
        "iam.serviceAccounts.signBlob",
        "iam.serviceAccounts.signJwt",
        "secretmanager.versions.access",
        "serviceusage.services.enable",
    }
)
DATA_READS = frozenset(
    {
        "bigquery.tables.getData",
        "bigtable.tables.readRows",
        "cloudsql.instances.connect",
        "datastore.entities.get",
        "datastore.entities.list",
        "logging.privateLogEntries.list",
        "pubsub.subscriptions.consume",
        "spanner.databases.read",
        "spanner.databases.select",
        "storage.objects.get",
        "storage.objects.list",
    }
)


def floor_of(permission: str, target: str) -> Tier:
    """The lowest tier at which a role for this permission may be granted on a target (a full resource name)."""
    narrow, wide = _floors(permission)
    return wide if is_project(target) else narrow


@lru_cache(maxsize=16_384)
def _floors(permission: str) -> tuple[Tier, Tier]:
    """The lowest tier on one resource, and on a whole project; both spellings of a permission count."""
    host, written_with_host, rest = permission.partition("/")
    if written_with_host:
        permission = f"{host.removesuffix('.googleapis.com')}.{rest}"
    verb = permission.rpartition(".")[2]
    if permission in NEVER_EXACT or verb in NEVER_VERBS:
        return T3, T3
    if permission.startswith(NEVER) and not (verb in READS_ONLY and not permission.startswith("apikeys.")):
        return T3, T3
    if permission in TWO_PEOPLE:
        return T2, T3 if permission.startswith(ONE_ACCOUNT) else T2
    return T1, T2 if permission in DATA_READS else T1


def is_project(target: str) -> bool:
    """Whether a full resource name is a whole project."""
    return target.startswith("//cloudresourcemanager.googleapis.com/projects/")


def is_above_project(target: str) -> bool:
    """Whether a full resource name is a folder or an organisation: never a target for a machine."""
    path = target[2:].partition("/")[2]
    return path.startswith(("folders/", "organizations/"))
