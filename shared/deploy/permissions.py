"""What each identity needs: every call that an adapter makes, the permissions it takes, and the roles that hold them.

A test reads the adapters and fails on a call that is not here, so the roles in `terraform/generated/roles.json` hold
exactly what the code uses. Source of the permissions: Google's IAM permission reference, per method.
"""

from __future__ import annotations

from msgspec import Struct

READER, GRANT_READER, GRANT_WRITER = "reader", "grant_reader", "grant_writer"
API_WRITER, API_UNDOER = "api_writer", "api_undoer"
MACHINE_WRITER, MACHINE_STARTER = "machine_writer", "machine_starter"
PERSON = "person"
"""Whoever runs `unforbid doctor`, with credentials of their own: no role is made of it."""
ROLES = {
    READER: "Looks into a refused call: reads policies, states and logs, and changes nothing",
    GRANT_READER: "Reads what a grant is about, before and after it",
    GRANT_WRITER: "Writes policies; bound only with a condition on the roles that it may hand out",
    API_WRITER: "Switches listed APIs on",
    API_UNDOER: "Switches an API off again that a fix has switched on",
    MACHINE_WRITER: "Stops, changes and starts virtual machines",
    MACHINE_STARTER: "Starts a virtual machine that a fix has left stopped",
}
"""For each role that Terraform makes, what it is for."""
FAMILIES = {
    "iam": (GRANT_READER, GRANT_WRITER),
    "api": (API_WRITER, API_UNDOER),
    "compute": (MACHINE_WRITER, MACHINE_STARTER),
}
"""For each family of fixes, the roles that exist only if it is on."""
ABOVE_PROJECTS = ("resourcemanager.folders.", "resourcemanager.organizations.")
"""Permissions that a role of a project cannot hold."""
EXCEPTIONS = {
    "setIamPolicy": "the fix itself; bound with a condition on modifiedGrantsByRole, project by project",
    "compute.instances.setServiceAccount": "the fix itself; actAs is given account by account, from a list",
    "serviceusage.services.disable": "undo of our own switching on; Google refuses it where the API was used",
}
"""What the roles hold although nobody may be granted it by a fix, and what fences it in."""


class Use(Struct, frozen=True):
    """One call of a client in an adapter: the permissions it takes, and the roles that hold them.

    `call` is the client's name and method as `GoogleClients` has them; the client alone where it is handed on.
    """

    adapter: str
    call: str
    permissions: tuple[str, ...]
    roles: tuple[str, ...]


LOGS = ("logging.logEntries.list", "logging.privateLogEntries.list")
LOOKS, GRANTS, APIS, MACHINES = (READER,), (READER, GRANT_READER), (READER, API_WRITER), (READER, MACHINE_WRITER)
EVERYBODY = (READER, GRANT_READER, API_WRITER, MACHINE_WRITER)
WRITES, RETURNS = (GRANT_WRITER,), (MACHINE_WRITER, MACHINE_STARTER)


def _policy(adapter: str, call: str, *types: str) -> Use:
    """A read of the allow policy of some types of resource."""
    return Use(adapter, call, tuple(f"{one}.getIamPolicy" for one in types), GRANTS)


def _written(call: str, *types: str) -> Use:
    """A holder in `policy_holders`, which reads and writes; the reading stands at the adapter of its service."""
    return Use("policy_holders", call, tuple(f"{one}.setIamPolicy" for one in types), WRITES)


CONTAINER_POLICIES = tuple(f"resourcemanager.{one}.getIamPolicy" for one in ("projects", "folders", "organizations"))


def _doctors(call: str, *permissions: str) -> Use:
    """A question of `unforbid doctor` about a part of a deployment."""
    return Use("deployment_parts", call, permissions, (PERSON,))


USES = (
    _policy("artifact_registry", "repositories", "artifactregistry.repositories"),
    _policy("cloud_run", "run_services", "run.services"),
    _policy("compute", "instances.get_iam_policy", "compute.instances"),
    _policy("iam_accounts", "iam_admin", "iam.serviceAccounts"),
    _policy("kms", "keys", "cloudkms.keyRings", "cloudkms.cryptoKeys"),
    _policy("pubsub", "publisher", "pubsub.topics"),
    _policy("pubsub", "subscriber", "pubsub.subscriptions"),
    _policy("secret_manager", "secrets", "secretmanager.secrets"),
    _policy("secret_manager", "secrets_in", "secretmanager.secrets"),
    _policy("storage", "storage.bucket", "storage.buckets"),
    _policy("resource_manager", "getattr", "resourcemanager.projects"),
    Use(
        "resource_manager",
        "getattr",
        ("resourcemanager.folders.getIamPolicy", "resourcemanager.organizations.getIamPolicy"),
        LOOKS,
    ),
    Use(
        "bigquery",
        "bigquery._connection",
        ("bigquery.datasets.get", "bigquery.datasets.getIamPolicy", "bigquery.tables.getIamPolicy"),
        GRANTS,
    ),
    Use("asset", "assets.search_all_resources", ("cloudasset.assets.searchAllResources",), LOOKS),
    Use("asset", "assets.search_all_iam_policies", ("cloudasset.assets.searchAllIamPolicies",), LOOKS),
    Use("cloud_logging", "logging.list_log_entries", LOGS, EVERYBODY),
    Use("cloud_logging", "getattr", (), LOOKS),
    Use("sight", "logging.list_log_entries", LOGS, EVERYBODY),
    Use("compute", "instances.get", ("compute.instances.get",), (*MACHINES, MACHINE_STARTER)),
    Use("compute", "instances.get_serial_port_output", ("compute.instances.getSerialPortOutput",), MACHINES),
    Use("compute", "subnetworks.get", ("compute.subnetworks.get",), MACHINES),
    Use("compute_around", "addresses.list", ("compute.addresses.list",), MACHINES),
    Use("compute_around", "instances.list_referrers", ("compute.instances.listReferrers",), MACHINES),
    Use("compute_around", "resource_policies.get", ("compute.resourcePolicies.get",), MACHINES),
    Use("compute_around", "routes.list", ("compute.routes.list",), MACHINES),
    Use("compute_around", "zone_operations.list", ("compute.zoneOperations.list",), MACHINES),
    Use("google_facts", "disks", ("compute.disks.get",), MACHINES),
    Use(
        "google_facts",
        "network_endpoint_groups",
        ("compute.networkEndpointGroups.list", "compute.networkEndpointGroups.get"),
        MACHINES,
    ),
    Use("machine_sizes", "machine_types.get", ("compute.machineTypes.get",), MACHINES),
    Use("machine_sizes", "regions.get", ("compute.regions.get",), MACHINES),
    Use("monitoring", "metrics.list_time_series", ("monitoring.timeSeries.list",), MACHINES),
    Use("policy_holders", "instances.test_iam_permissions", (), GRANTS),
    Use("sight", "zone_operations.get", ("compute.zoneOperations.get",), RETURNS),
    Use("iam_accounts", "iam_admin.get_service_account", ("iam.serviceAccounts.get",), MACHINES),
    Use("iam_deny", "deny_policies.list_policies", ("iam.denypolicies.list",), LOOKS),
    Use("iam_deny", "deny_policies.get_policy", ("iam.denypolicies.get",), LOOKS),
    Use("iam_roles", "iam_admin.get_role", ("iam.roles.get",), GRANTS),
    Use("iam_roles", "iam_admin.query_grantable_roles", ("iam.roles.list",), LOOKS),
    Use("resource_manager", "projects.get_project", ("resourcemanager.projects.get",), EVERYBODY),
    Use("resource_manager", "folders.get_folder", ("resourcemanager.folders.get",), LOOKS),
    Use("deployment_facts", "run_services.list_services", ("run.services.list",), (PERSON,)),
    Use("deployment_facts", "folders.get_folder", ("resourcemanager.folders.get",), (PERSON,)),
    Use("deployment_facts", "getattr", CONTAINER_POLICIES, (PERSON,)),
    _doctors("logging_config.get_sink", "logging.sinks.get"),
    _doctors("subscriber.get_subscription", "pubsub.subscriptions.get"),
    _doctors("secrets.get_secret", "secretmanager.secrets.get"),
    _doctors("secrets.get_secret_version", "secretmanager.versions.get"),
    _doctors("firestore_admin.get_field", "datastore.schemas.get"),
    _doctors("metrics.list_time_series", "monitoring.timeSeries.list"),
    _doctors("storage.list_blobs", "storage.objects.list", "storage.objects.get"),
    Use("service_usage", "service_usage.get_service", ("serviceusage.services.get",), APIS),
    Use("sight", "service_usage.list_services", ("serviceusage.services.list",), (API_WRITER,)),
    Use("storage", "storage.get_bucket", ("storage.buckets.get",), GRANTS),
    Use("troubleshooter", "troubleshooter.troubleshoot_iam_policy", ("serviceusage.services.use",), GRANTS),
    _written("projects", "resourcemanager.projects"),
    _written("iam_admin", "iam.serviceAccounts"),
    _written("publisher", "pubsub.topics"),
    _written("subscriber", "pubsub.subscriptions"),
    _written("secrets", "secretmanager.secrets"),
    _written("secrets_in", "secretmanager.secrets"),
    _written("keys", "cloudkms.keyRings", "cloudkms.cryptoKeys"),
    _written("repositories", "artifactregistry.repositories"),
    _written("run_services", "run.services"),
    _written("storage", "storage.buckets"),
    _written("instances.set_iam_policy", "compute.instances"),
    _policy("policy_holders", "instances.get_iam_policy", "compute.instances"),
    _written("bigquery", "bigquery.datasets", "bigquery.tables"),
    Use("policy_holders", "bigquery", ("bigquery.datasets.update",), WRITES),
    Use("api_writes", "service_usage.enable_service", ("serviceusage.services.enable",), (API_WRITER,)),
    Use("api_writes", "service_usage.disable_service", ("serviceusage.services.disable",), (API_UNDOER,)),
    Use("machine_writes", "instances", ("compute.instances.start",), RETURNS),
    Use(
        "machine_writes",
        "instances",
        (
            "compute.instances.stop",
            "compute.instances.reset",
            "compute.instances.setServiceAccount",
            "compute.instances.setMachineType",
        ),
        (MACHINE_WRITER,),
    ),
)
"""Every call of every adapter. The operations of Service Usage are not polled: the state of the API is."""


def permissions_of(role: str) -> tuple[str, ...]:
    """What a role has to hold, sorted."""
    return tuple(sorted({one for use in USES if role in use.roles for one in use.permissions}))


def roles_document() -> dict[str, dict[str, object]]:
    """The roles as Terraform reads them: what a project can hold, and what only an organisation's role can."""
    made: dict[str, dict[str, object]] = {}
    for role, said in ROLES.items():
        held = permissions_of(role)
        above = [one for one in held if one.startswith(ABOVE_PROJECTS)]
        plain = [one for one in held if one not in above]
        made[role] = {"description": said, "permissions": plain, "above_projects": above}
    return made
