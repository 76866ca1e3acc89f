"""Only what a text states becomes a name."""

from __future__ import annotations

import pytest

from shared.renderings.fold import fold
from shared.renderings.wording import named


@pytest.mark.parametrize(
    ("words", "permissions"),
    [
        (
            "Permission 'dns.changes.create' denied on resource 'projects/p' (or it may not exist).",
            ["dns.changes.create"],
        ),
        ('Required "container.clusters.get" permission(s) for "projects/p".', ["container.clusters.get"]),
        (
            "kim@example.com does not have storage.buckets.list access to the Google Cloud project.",
            ["storage.buckets.list"],
        ),
        ("User does not have bigquery.jobs.create permission in project p.", ["bigquery.jobs.create"]),
        ("the caller lacks IAM permission pubsub.topics.publish", ["pubsub.topics.publish"]),
        ("Missing required permissions: [run.services.get, run.services.update]", ["run.services.get"]),
        (
            "Permission monitoring.timeSeries.create denied (or the resource may not exist).",
            ["monitoring.timeSeries.create"],
        ),
        (
            "Permission \u2018iam.serviceaccounts.actAs\u2019 denied on service account a@p.iam.gserviceaccount.com",
            ["iam.serviceAccounts.actAs"],
        ),
        (
            "does not have permission to access services instance [dns.googleapis.com:enable]",
            ["serviceusage.services.enable"],
        ),
        ("ERROR: (gcloud.run.deploy) permission denied", []),
        ("denied by com.google.cloud.spanner permission", []),
        ("open /etc/app.conf.d: permission denied", []),
        ("see storage.googleapis.com for the permission", []),
    ],
)
def test_permissions_are_read_beside_words_of_permission(words: str, permissions: list[str]) -> None:
    assert list(named(fold(words)).permissions[:1]) == permissions[:1]


@pytest.mark.parametrize(
    ("words", "principal"),
    [
        ("app@p.iam.gserviceaccount.com does not have storage.objects.get access", "app@p.iam.gserviceaccount.com"),
        ("User [kim@example.com] does not have permission to access projects instance [p]", "kim@example.com"),
        ("User [None] does not have permission", None),
        ("Service account app@p.iam.gserviceaccount.com lacks the permission", "app@p.iam.gserviceaccount.com"),
        ("This command is authenticated as kim@example.com which is the active account", "kim@example.com"),
        (
            'pods is forbidden: User "system:serviceaccount:ns:app" cannot list resource "pods"',
            "system:serviceaccount:ns:app",
        ),
        (
            "Permission 'iam.serviceAccounts.actAs' denied on service account app@p.iam.gserviceaccount.com (or it may not exist)",
            None,
        ),
        ("User kim@other.org is not in permitted organization.", None),
        ("contact admin@example.com about project p: permission denied", None),
        ("The caller does not have permission", None),
    ],
)
def test_a_principal_is_who_lacks_something_and_nobody_else(words: str, principal: str | None) -> None:
    assert named(fold(words)).principal == principal


@pytest.mark.parametrize(
    ("words", "resource"),
    [
        (
            "denied on resource '//cloudresourcemanager.googleapis.com/projects/p' (or it may not exist)",
            "//cloudresourcemanager.googleapis.com/projects/p",
        ),
        (
            "Required 'compute.subnetworks.use' permission for 'projects/host/regions/r/subnetworks/s'",
            "projects/host/regions/r/subnetworks/s",
        ),
        ("Access Denied: Table p:d.t: User does not have permission", "projects/p/datasets/d/tables/t"),
        ("Access Denied: Dataset p:d: Permission bigquery.datasets.get denied", "projects/p/datasets/d"),
        (
            "403 GET https://storage.googleapis.com/storage/v1/b/my-bucket/o/x%2Fy: Forbidden",
            "projects/_/buckets/my-bucket",
        ),
        ("copying gs://my-bucket/path failed", "projects/_/buckets/my-bucket"),
        ("bigquery.jobs.create permission in project my-project-7.", "projects/my-project-7"),
        ("nothing named here", None),
    ],
)
def test_resources_are_read_as_spelled_or_by_the_url(words: str, resource: str | None) -> None:
    assert named(fold(words)).resource == resource


def test_statuses_are_read_in_every_spelling() -> None:
    for words in (
        "Error 403: x",
        "HttpError 403 when",
        "status: 403",
        "code = PermissionDenied desc",
        "7 PERMISSION_DENIED: x",
        "403 Forbidden",
    ):
        assert {"PERMISSION_DENIED", 403, 7} & set(named(words).statuses), words
    assert 404 in named("googleapi: Error 404: not found").statuses
    assert named("took 403 seconds for 7 files").statuses == ()


def test_accepted_scopes_are_read_where_they_are_printed() -> None:
    words = 'Bearer realm="x", error="insufficient_scope", scope="https://www.googleapis.com/auth/drive https://www.googleapis.com/auth/drive.file"'
    assert named(words).scopes == (
        "https://www.googleapis.com/auth/drive",
        "https://www.googleapis.com/auth/drive.file",
    )


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("storage/v1/b/reports", "projects/_/buckets/reports"),
        ("storage/v1/b/reports?fields=name", "projects/_/buckets/reports"),
        ("storage/v1/b/reports/o/a%2Fb", "projects/_/buckets/reports"),
        ("storage/v1/b/reports/iam/testPermissions", "projects/_/buckets/reports"),
        ("storage/v1/b/reports/lockRetentionPolicy", "projects/_/buckets/reports"),
        ("upload/storage/v1/b/reports/o?uploadType=media", "projects/_/buckets/reports"),
        ("download/storage/v1/b/reports/o/a?alt=media", "projects/_/buckets/reports"),
        ("storage/v1/b?project=p", None),
        ("batch/storage/v1", None),
        ("reports/a.csv", "projects/_/buckets/reports"),
        ("storage/a.csv", "projects/_/buckets/storage"),
    ],
)
def test_a_path_of_the_json_api_names_the_bucket_behind_it_and_is_none_itself(path: str, resource: str | None) -> None:
    found = named(f"403 GET https://storage.googleapis.com/{path}: forbidden")
    assert (found.resource, found.service) == (resource, "storage.googleapis.com")


POOL = "projects/123456789/locations/global/workloadIdentityPools/pool"


@pytest.mark.parametrize(
    "who",
    [
        f"principal://iam.googleapis.com/{POOL}/subject/repo:acme/web",
        f"principalSet://iam.googleapis.com/{POOL}/attribute.repository/acme",
        f"principalSet://iam.googleapis.com/{POOL}/*",
    ],
)
def test_the_path_of_a_federated_caller_is_no_resource(who: str) -> None:
    alone = named(f"{who} does not have secretmanager.versions.access access")
    assert (alone.principal, alone.resource) == (who, None)
    beside = named(f"{who} does not have pubsub.topics.publish access on projects/acme-test/topics/t")
    assert (beside.principal, beside.resource) == (who, "projects/acme-test/topics/t")


def test_a_pool_that_was_called_is_a_resource() -> None:
    assert named(f"Permission denied on resource {POOL}/providers/github").resource == f"{POOL}/providers/github"
