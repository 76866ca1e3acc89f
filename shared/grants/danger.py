"""How dangerous a permission is to hand out: the floor that no policy file may lower.

Source: privilege-escalation edges of Google Cloud IAM, matched on permission names.
"""

from __future__ import annotations

from shared.model.plan import Tier

NEVER_VERBS = ("setIamPolicy", "createTagBinding", "sourceCodeSet", "escalate", "bind", "setIamPolicyOverride")
NEVER = (
    "iam.roles.", "iam.denypolicies.", "iam.principalaccessboundarypolicies.", "iam.workloadIdentityPool",
    "iam.workforcePool", "iam.serviceAccountKeys.", "iam.serviceAccountApiKeyBindings.", "orgpolicy.",
    "accesscontextmanager.", "privilegedaccessmanager.", "apikeys.keys.", "serviceusage.apiKeys.", "clientauthconfig.",
    "storage.hmacKeys.", "cloudsql.users.", "deploymentmanager.deployments.", "config.deployments.", "composer.",
    "billing.", "resourcemanager.organizations.", "resourcemanager.folders.", "notebooks.", "workstations.",
)  # fmt: skip
NEVER_EXACT = frozenset(
    {
        "cloudfunctions.functions.create", "cloudfunctions.functions.update", "run.services.create", "run.services.update",
        "run.jobs.create", "run.jobs.update", "run.jobs.runWithOverrides", "cloudbuild.builds.create",
        "dataflow.jobs.create", "dataproc.clusters.create", "dataproc.jobs.create", "aiplatform.customJobs.create",
        "aiplatform.pipelineJobs.create", "workflows.workflows.create", "workflows.workflows.update",
        "cloudscheduler.jobs.create", "cloudscheduler.jobs.update", "cloudtasks.tasks.create", "batch.jobs.create",
        "appengine.versions.create", "eventarc.triggers.create", "compute.instances.create",
        "compute.instances.setMetadata", "compute.instances.setServiceAccount", "compute.instances.update",
        "compute.instances.osLogin", "compute.instances.osAdminLogin", "compute.projects.setCommonInstanceMetadata",
        "compute.instanceTemplates.create", "iap.tunnelInstances.accessViaIAP", "container.pods.exec",
        "container.secrets.get", "container.serviceAccounts.createToken", "resourcemanager.projects.move",
        "resourcemanager.projects.delete", "resourcemanager.projects.updateLiens", "serviceusage.services.disable",
        "logging.sinks.update", "logging.sinks.delete", "resourcemanager.tagValueBindings.create",
    }
)  # fmt: skip
READS_ONLY = ("get", "list", "search", "query")
ONE_ACCOUNT = "iam.serviceAccounts."
TWO_PEOPLE = frozenset(
    {
        "secretmanager.versions.access", "cloudkms.cryptoKeyVersions.useToDecrypt", "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken", "iam.serviceAccounts.actAs", "iam.serviceAccounts.signBlob",
        "iam.serviceAccounts.signJwt", "iam.serviceAccounts.implicitDelegation", "serviceusage.services.enable",
    }
)  # fmt: skip
DATA_READS = frozenset(
    {
        "storage.objects.get", "storage.objects.list", "bigquery.tables.getData", "pubsub.subscriptions.consume",
        "datastore.entities.get", "datastore.entities.list", "spanner.databases.read", "spanner.databases.select",
        "bigtable.tables.readRows", "logging.privateLogEntries.list", "cloudsql.instances.connect",
    }
)  # fmt: skip


def floor_of(permission: str, target: str) -> Tier:
    """The lowest tier at which a role for this permission may be granted on a target (a full resource name)."""
    verb = permission.rpartition(".")[2]
    if verb in NEVER_VERBS or permission in NEVER_EXACT:
        return Tier.T3
    if permission.startswith(NEVER) and not (verb in READS_ONLY and not permission.startswith("apikeys.")):
        return Tier.T3
    wide = is_project(target)
    if permission in TWO_PEOPLE:
        return Tier.T3 if wide and permission.startswith(ONE_ACCOUNT) else Tier.T2
    return Tier.T2 if wide and permission in DATA_READS else Tier.T1


def is_project(target: str) -> bool:
    """Whether a full resource name is a whole project."""
    return target.startswith("//cloudresourcemanager.googleapis.com/projects/")


def is_above_project(target: str) -> bool:
    """Whether a full resource name is a folder or an organisation: never a target for a machine."""
    return target.startswith(("//cloudresourcemanager.googleapis.com/folders/", "//cloudresourcemanager.googleapis.com/organizations/"))
