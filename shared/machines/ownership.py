"""Whether something else made the machine and would make it again as it was: then the change belongs there."""

from __future__ import annotations

from shared.machines.question import Question, refused, untold
from shared.model.machine import Intervention, Precondition

MANAGERS = "/instanceGroupManagers/"
GKE_LABELS = ("goog-gke-node", "goog-k8s-cluster-name")
OWNERS = (
    ("goog-dataproc-", "a Dataproc cluster", "create the cluster anew with the account and scopes it needs"),
    ("dataproc-cluster-name", "a Dataproc cluster", "create the cluster anew with the account and scopes it needs"),
    ("dataflow_job_", "a Dataflow job", "start the job with another worker account; its workers are replaced at will"),
    ("goog-dataflow-", "a Dataflow job", "start the job with another worker account; its workers are replaced at will"),
    ("goog-composer-", "a Composer environment", "change the environment's node configuration"),
    ("goog-batch-", "a Batch job", "submit the job with another allocation policy"),
    ("batch-job-", "a Batch job", "submit the job with another allocation policy"),
    ("batch-node", "a Batch job", "submit the job with another allocation policy"),
    ("goog-caip-notebook", "Vertex AI Workbench", "change the Workbench instance"),
    ("notebooks-product", "Vertex AI Workbench", "change the Workbench instance"),
    ("goog-workstations", "Cloud Workstations", "change the workstation configuration"),
    ("goog-drz-workstation", "Cloud Workstations", "change the workstation configuration"),
    ("goog-terraform-", "Terraform", "change its configuration there, or the next apply undoes the change"),
    ("terraform", "Terraform", "change its configuration there, or the next apply undoes the change"),
    ("managed-by-cnrm", "Config Connector", "change the ComputeInstance object, or it is put back"),
    ("goog-dm", "Deployment Manager", "change the deployment"),
    ("ghpc_", "Cluster Toolkit", "change the blueprint and deploy it"),
    ("slurm_cluster_name", "a Slurm cluster", "change the cluster's node set"),
    ("autoscal", "an autoscaler", "change what the autoscaler makes its machines from"),
    ("ray-cluster-name", "the Ray autoscaler", "change the cluster's node configuration"),
    ("karpenter", "Karpenter", "change the node class"),
)
"""How labels, or keys of metadata, that an owner puts on its machines begin; whose they are; where to change it.

Sources: the label pages of Dataproc, Dataflow, Batch and Composer, and the release notes of Workbench and of the
Terraform provider.
"""
TOOLS = frozenset({"terraform", "opentofu", "pulumi", "crossplane", "config-connector", "deployment-manager"})
"""Values by which people mark what a tool owns, under whatever label."""
FROM_CONSOLE = "goog-ec-src"
"""How the console's equivalent code was taken; the value vm_add-tf stands for Terraform."""
HARMLESS = ("goog-ops-agent-policy", FROM_CONSOLE, "goog-gcp-marketplace", "goog-terraform-", *GKE_LABELS)
"""Labels of Google's that own nothing, or are looked at by themselves; any other that begins with goog- may."""
DENIED = ("false", "no", "0")
MOST_SAID = 120
INSTEAD = {
    Intervention.ACCESS: "put the account and scopes into a new instance template and apply it to the group's "
    "instances (applyUpdatesToInstances)",
    Intervention.RESIZE: "put the machine type into a new instance template and apply it to the group's instances "
    "(applyUpdatesToInstances)",
    Intervention.RESET: "let the group recreate it (recreateInstances)",
}


def managed_group(question: Question) -> Precondition | None:
    """A managed instance group makes its members from a template: a change of one of them does not last."""
    name, referrers = "vm.managed_group", question.around.referrers
    owners = [text for text in (question.machine.created_by, *(referrers or ())) if MANAGERS in text]
    if owners:
        group = owners[0].rpartition("/")[2]
        return refused(name, f"The managed instance group {group} owns it: {INSTEAD[question.intervention]}.")
    if referrers is None:
        return untold(name, "whether an instance group owns it", "instances.listReferrers would")
    return None


def gke_node(question: Question) -> Precondition | None:
    """A node of GKE is replaced by its pool, whose scopes are fixed."""
    if not any(key.startswith(GKE_LABELS) for key in question.machine.labels):
        return None
    how = {
        Intervention.ACCESS: "make a new node pool with the account it needs, or use Workload Identity",
        Intervention.RESIZE: "make a new node pool of another machine type",
        Intervention.RESET: "let the pool repair the node, or drain and delete it",
    }
    return refused("vm.gke_node", f"It is a node of a GKE cluster: {how[question.intervention]}.")


def other_owner(question: Question) -> Precondition | None:
    """Another product or tool owns the machine, or may."""
    name, machine = "vm.other_owner", question.machine
    if (owner := owner_by_label(machine.labels) or _by_key(machine.metadata_keys)) is not None:
        return refused(name, f"It belongs to {owner[0]}: {owner[1]}.")
    made_by = machine.created_by[:MOST_SAID]
    if MANAGERS not in machine.created_by and ("/" in made_by or any(tool in made_by.lower() for tool in TOOLS)):
        return refused(name, f"Its metadata says that {made_by} created it: change it there.")
    unknown = [key for key in machine.labels if key.startswith("goog-") and not key.startswith(HARMLESS)]
    if unknown:
        return untold(name, f"which product of Google labelled it {unknown[0]}", "ask whoever made the machine")
    return None


def owner_by_label(labels: dict[str, str]) -> tuple[str, str] | None:
    """The product or tool that labels name as the owner, and where a change belongs; None where they name none."""
    for key, value in labels.items():
        tool = value.lower()
        if tool in TOOLS or (key == FROM_CONSOLE and value == "vm_add-tf"):
            named = "Terraform" if key == FROM_CONSOLE else tool
            return named, "change its configuration there, or the next run of it undoes the change"
        if (owner := _owner(key)) is not None and not (owner[0] == "Terraform" and tool in DENIED):
            return owner
    return None


def _by_key(keys: tuple[str, ...]) -> tuple[str, str] | None:
    return next((owner for key in keys if (owner := _owner(key)) is not None), None)


def _owner(key: str) -> tuple[str, str] | None:
    return next(((whose, where) for start, whose, where in OWNERS if key.startswith(start)), None)
