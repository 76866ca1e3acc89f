"""Cloud Storage: the policies of buckets, and whether anything but policies decides there."""

from __future__ import annotations

from shared.adapters.asking import asking, limits
from shared.adapters.full_names import relative_name
from shared.adapters.google_clients import GoogleClients
from shared.adapters.iam_policy import WITH_CONDITIONS
from shared.adapters.policy_json import policy_of
from shared.errors import LookFailed
from shared.model.facts import Policy

HOST = "storage.googleapis.com"
BUCKET = ("projects", "buckets")


def policy(clients: GoogleClients, resource: str) -> Policy:
    """The policy of a bucket by its full name; `ValueError` for a name of anything else, objects included."""
    name = _bucket_in(resource)
    with asking("read the policy", resource, "storage.buckets.getIamPolicy"):
        read = clients.storage.bucket(name).get_iam_policy(requested_policy_version=WITH_CONDITIONS, **limits())
        bindings = [{**one, "members": sorted(one["members"])} for one in read.bindings]
        return policy_of(resource, {"bindings": bindings, "etag": read.etag, "version": read.version})


def uniform_access(clients: GoogleClients, bucket: str) -> bool:
    """Whether policies alone decide in a bucket, by its full name.

    Without uniform access its policy takes no conditions, and lists on single objects may let callers in
    (Cloud Storage, "Uniform bucket-level access").
    """
    name = _bucket_in(bucket)
    with asking("read the settings", bucket, "storage.buckets.get"):
        settings = clients.storage.get_bucket(name, **limits()).iam_configuration
        return bool(settings.uniform_bucket_level_access_enabled)


def project_number(clients: GoogleClients, bucket: str) -> str:
    """The number of the project that owns a bucket, by its full name."""
    name = _bucket_in(bucket)
    with asking("read the settings", bucket, "storage.buckets.get"):
        if number := clients.storage.get_bucket(name, **limits()).project_number:
            return str(number)
    raise LookFailed("read the settings", bucket, "the answer does not say whose project it is")


def _bucket_in(resource: str) -> str:
    return relative_name(resource, HOST, BUCKET).rpartition("/")[2]
