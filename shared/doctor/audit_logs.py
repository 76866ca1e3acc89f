"""The logs of data access without which a kind of denial is never seen: they are off unless somebody switched them on.

Denied calls that administer are always logged. Source: Cloud Audit Logs documentation, "Configure Data Access audit
logs" and "Google services with audit logs"; BigQuery's are always on.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.doctor.finding import Finding, fine, untold, wrong
from shared.doctor.held import lineage
from shared.model.deployment import Carrier, Deployment, Untold

CHECK = "audit logs"
READ, WRITE, ADMIN = "DATA_READ", "DATA_WRITE", "ADMIN_READ"
EVERY = "allServices"
WANTED = {
    "iam.googleapis.com": (("DATA_READ",), "impersonation and tokens of service accounts"),
    "storage.googleapis.com": ((READ, WRITE), "objects of buckets"),
    "secretmanager.googleapis.com": ((READ,), "values of secrets"),
    "cloudkms.googleapis.com": ((READ,), "use of keys"),
    "pubsub.googleapis.com": ((READ, WRITE), "publishing and pulling"),
    "artifactregistry.googleapis.com": ((READ,), "pulling of images"),
    "compute.googleapis.com": ((ADMIN,), "reading of machines"),
}
"""For each service, the types of log that its denials are in, and which denials those are."""


def audit_log_checks(deployment: Deployment) -> Iterator[Finding]:
    """For each service whose denials are data access, whether what is watched logs them."""
    names, missing = lineage(deployment, deployment.place.watched)
    carriers = [deployment.containers.get(name, Untold(f"the policy of {name} was not read")) for name in names]
    gaps = [*missing, *(one for one in carriers if isinstance(one, Untold))]
    known = [one for one in carriers if isinstance(one, Carrier)]
    for service, (types, about) in WANTED.items():
        yield _one(deployment, service, _off(known, service, types), about, gaps)


def _off(known: list[Carrier], service: str, types: tuple[str, ...]) -> list[str]:
    """The types that are on nowhere: what is switched on above holds below, and for every service for each."""
    on = {one for carrier in known for name in (service, EVERY) for one in carrier.logs.get(name, ())}
    return [one for one in types if one not in on]


def _one(deployment: Deployment, service: str, off: list[str], about: str, gaps: list[Untold]) -> Finding:
    place = deployment.place
    types = " and ".join(off)
    if not off:
        return fine(CHECK, f"{service}: refusals of {about} are logged")
    if service in place.unlogged:
        return fine(CHECK, f"{service}: refusals of {about} are not logged, as was wanted")
    if gaps:
        return untold(CHECK, f"{service}: whether {types} is on above", gaps[0])
    return wrong(
        CHECK, f"{service}: {types} is off, so refusals of {about} are never seen", _mend(deployment, service, off)
    )


def _mend(deployment: Deployment, service: str, off: list[str]) -> str:
    """There is no single command: the configuration is a part of the policy, so it is written with Terraform."""
    kind, _, name = deployment.place.watch.partition("/")
    resource = {
        "projects": ("google_project_iam_audit_config", f'project = "{name}"'),
        "folders": ("google_folder_iam_audit_config", f'folder = "folders/{name}"'),
        "organizations": ("google_organization_iam_audit_config", f'org_id = "{name}"'),
    }[kind]
    blocks = " ".join(f'audit_log_config {{ log_type = "{one}" }}' for one in off)
    return (
        f'in Terraform, where it costs what its logs cost: resource "{resource[0]}" with {resource[1]}, '
        f'service = "{service}", {blocks}; or, if that is wanted, --unlogged {service}'
    )
