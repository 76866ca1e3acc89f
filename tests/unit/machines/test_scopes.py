"""Which scopes a call takes: the table is Google's, names of logs find their way to it, and the least scope is added."""

from __future__ import annotations

import importlib.util
import pkgutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.machines.methods import EVERY, UNDOCUMENTED, taken
from shared.machines.scope_table import TABLE
from shared.machines.scopes import least_scope, satisfied, scopes_for, short
from shared.model.machine import AUTH, PLATFORM, Basis, ScopeNeed

DEFAULTS = [
    f"{AUTH}{name}"
    for name in (
        *("devstorage.read_only", "logging.write", "monitoring.write", "service.management.readonly"),
        *("servicecontrol", "trace.append"),
    )
]
"""What a machine has if nobody chooses (gcloud's constants)."""


def need_of(service: str | None = None, method: str | None = None, permission: str | None = None) -> ScopeNeed:
    need = scopes_for(service, method, permission)
    assert need is not None
    return need


def names(need: ScopeNeed) -> set[str]:
    return {short(scope) for scope in need.scopes}


def added(need: ScopeNeed, *present: str) -> str | None:
    """The scope to add, as people write it."""
    scope = least_scope(need, [f"{AUTH}{name}" for name in present])
    return scope and short(scope)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """tools/scope_table.py as a module."""
    pytest.importorskip("googleapiclient", reason="google-api-python-client, a development dependency, is absent")
    path = Path(__file__).parents[3] / "tools/scope_table.py"
    spec = importlib.util.spec_from_file_location("scope_table_generator", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_is_what_googles_discovery_documents_say(generator: ModuleType) -> None:
    assert generator.OUT.read_text() == generator.written(generator.table())


def test_every_method_of_every_document_is_found_by_its_id_with_exactly_its_scopes(generator: ModuleType) -> None:
    seen = 0
    for service, document in generator.documents():
        for method in generator.methods(document):
            if not method.get("scopes"):
                continue
            need = need_of(f"{service}.googleapis.com", method["id"])
            assert set(need.scopes) == set(method["scopes"]), method["id"]
            assert need.basis in (Basis.METHOD, Basis.EVERY)
            seen += 1
    assert seen > 4_000


@pytest.mark.parametrize(
    ("service", "read", "write", "admin"),
    [
        (
            "storage",
            "devstorage.read_only devstorage.read_write devstorage.full_control cloud-platform cloud-platform.read-only",
            "devstorage.read_write devstorage.full_control cloud-platform",
            "devstorage.full_control cloud-platform",
        ),
        ("compute", "compute compute.readonly cloud-platform", "compute cloud-platform", "compute cloud-platform"),
    ],
)
def test_reading_writing_and_administering_take_what_the_hand_checked_table_says(
    service: str, read: str, write: str, admin: str
) -> None:
    permissions = {
        "storage": ("storage.objects.get", "storage.objects.create", "storage.buckets.setIamPolicy"),
        "compute": ("compute.instances.get", "compute.instances.create", "compute.instances.setIamPolicy"),
    }
    for permission, scopes in zip(permissions[service], (read, write, admin), strict=True):
        assert names(need_of(permission=permission)) == set(scopes.split()), permission


@pytest.mark.parametrize(
    ("permission", "scopes"),
    [
        ("logging.logEntries.create", "logging.write logging.admin cloud-platform"),
        ("logging.logEntries.list", "logging.read logging.admin cloud-platform cloud-platform.read-only"),
        ("logging.sinks.create", "logging.admin cloud-platform"),
        ("monitoring.timeSeries.create", "monitoring.write monitoring cloud-platform"),
        ("monitoring.timeSeries.list", "monitoring.read monitoring cloud-platform"),
        ("bigquery.tables.getData", "bigquery cloud-platform cloud-platform.read-only"),
        ("bigquery.tables.updateData", "bigquery bigquery.insertdata cloud-platform"),
        ("bigquery.jobs.create", "bigquery cloud-platform"),
        ("bigquery.readsessions.create", "bigquery cloud-platform"),
        ("pubsub.topics.publish", "pubsub cloud-platform"),
        ("datastore.entities.get", "datastore cloud-platform"),
        ("cloudkms.cryptoKeyVersions.useToDecrypt", "cloudkms cloud-platform"),
        ("cloudsql.instances.connect", "sqlservice.admin cloud-platform"),
        ("spanner.databases.select", "spanner.data cloud-platform"),
        ("spanner.instances.create", "spanner.admin cloud-platform"),
        ("cloudtrace.traces.patch", "trace.append cloud-platform"),
        ("cloudtranslate.generalModels.predict", "cloud-translation cloud-platform"),
        ("container.clusters.get", "container container.read-only cloud-platform"),
        ("container.clusters.create", "container cloud-platform"),
        ("resourcemanager.projects.get", "cloud-platform cloud-platform.read-only"),
        ("artifactregistry.repositories.downloadArtifacts", "cloud-platform cloud-platform.read-only"),
        ("artifactregistry.repositories.readViaVirtualRepository", "cloud-platform cloud-platform.read-only"),
        ("artifactregistry.repositories.uploadArtifacts", "cloud-platform"),
        ("storage.multipartUploads.create", "devstorage.read_write devstorage.full_control cloud-platform"),
        (
            "bigtable.tables.mutateRows",
            "bigtable.data cloud-bigtable.data cloud-platform",
        ),
    ],
)
def test_a_permission_leads_to_the_scopes_of_the_methods_that_need_it(permission: str, scopes: str) -> None:
    assert names(need_of(permission=permission)) == set(scopes.split())


@pytest.mark.parametrize(
    "permission",
    [
        "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.get",
        "secretmanager.versions.access",
        "cloudfunctions.functions.get",
        "cloudtasks.tasks.create",
        "cloudscheduler.jobs.run",
        "cloudbuild.builds.create",
    ],
)
def test_some_services_take_nothing_but_cloud_platform_and_that_is_said(permission: str) -> None:
    need = need_of(permission=permission)
    assert need.only_platform
    assert least_scope(need, DEFAULTS) == PLATFORM


@pytest.mark.parametrize(
    ("service", "method", "matched"),
    [
        ("storage.googleapis.com", "storage.objects.insert", "storage.objects.insert"),
        ("compute.googleapis.com", "v1.compute.instances.stop", "compute.instances.stop"),
        ("compute.googleapis.com", "beta.compute.instances.insert", "compute.instances.insert"),
        (None, "storage.objects.get", "storage.objects.get"),
    ],
)
def test_a_discovery_id_is_taken_as_it_is(service: str | None, method: str, matched: str) -> None:
    need = need_of(service, method)
    assert (need.basis, need.matched) == (Basis.METHOD, matched)


@pytest.mark.parametrize(
    ("service", "method", "matched"),
    [
        ("storage.googleapis.com", "storage.objects.create", "storage.objects.insert"),
        ("storage.googleapis.com", "google.storage.v2.Storage.WriteObject", "storage.objects.insert"),
        ("storage.googleapis.com", "google.storage.v2.Storage.BidiReadObject", "storage.objects.get"),
        ("logging.googleapis.com", "google.logging.v2.LoggingServiceV2.WriteLogEntries", "logging.entries.write"),
        ("logging.googleapis.com", "google.logging.v2.ConfigServiceV2.CreateSink", "logging.sinks.create"),
        (None, "google.monitoring.v3.MetricService.CreateTimeSeries", "monitoring.timeSeries.create"),
        (None, "google.monitoring.v3.AlertPolicyService.ListAlertPolicies", "monitoring.alertPolicies.list"),
        ("compute.googleapis.com", "compute.v1.InstancesService.List", "compute.instances.list"),
        ("bigquery.googleapis.com", "google.cloud.bigquery.v2.JobService.InsertJob", "bigquery.jobs.insert"),
        ("bigquery.googleapis.com", "tabledataservice.list", "bigquery.tabledata.list"),
        (None, "google.spanner.v1.Spanner.ExecuteStreamingSql", "spanner.sessions.executeStreamingSql"),
        (None, "google.container.v1.ClusterManager.CreateCluster", "container.clusters.create"),
        (
            None,
            "google.cloud.bigquery.storage.v1.BigQueryRead.CreateReadSession",
            "bigquerystorage.readsessions.create",
        ),
        (None, "google.bigtable.v2.Bigtable.MutateRows", "bigtable.tables.mutateRows"),
        (None, "google.bigtable.admin.v2.BigtableTableAdmin.CreateTable", "bigtableadmin.tables.create"),
    ],
)
def test_the_name_of_an_rpc_is_read_as_verb_and_noun(service: str | None, method: str, matched: str) -> None:
    need = need_of(service, method)
    assert (need.basis, need.matched) == (Basis.RPC, matched)


def rpcs_of(package: str) -> Iterator[tuple[str, str, str]]:
    """Each RPC of an official client, as its service's and its own name, with the HTTP requests it may be sent as."""
    services = importlib.import_module(f"{package}.services")
    for found in pkgutil.iter_modules(services.__path__):
        module = importlib.import_module(f"{package}.services.{found.name}.transports.rest_base")
        base = next(kind for name, kind in vars(module).items() if name.startswith("_Base"))
        for name, rpc in vars(base).items():
            if name.startswith("_Base") and hasattr(rpc, "_get_http_options"):
                for option in rpc._get_http_options():
                    yield f"{base.__name__[5:-13]}.{name[5:]}", option["method"].upper(), option["uri"]


def plain(path: str) -> str:
    """A path with every variable as {}, as clients and discovery documents differ in how they write it."""
    parts = path.lstrip("/").replace("**", "*").split("{")
    ends = [part.partition("}") for part in parts[1:]]
    return parts[0] + "".join(
        (name.partition("=")[2].replace("*", "{}") if "=" in name else "{}") + rest for name, _, rest in ends
    )


@pytest.mark.parametrize(
    ("package", "service", "document", "fewest"),
    [
        ("google.cloud.run_v2", "run", "run", 60),
        ("google.cloud.artifactregistry_v1", "artifactregistry", "artifactregistry", 40),
        ("google.cloud.resourcemanager_v3", "cloudresourcemanager", "cloudresourcemanager", 50),
        ("google.cloud.service_usage_v1", "serviceusage", "serviceusage", 6),
    ],
)
def test_an_rpc_of_an_official_client_leads_to_the_scopes_of_the_request_it_is_sent_as(
    generator: ModuleType, package: str, service: str, document: str, fewest: int
) -> None:
    requests: dict[tuple[str, str], dict[str, Any]] = {}
    for name, read in generator.documents():
        for method in generator.methods(read) if name == document else ():
            requests[method["httpMethod"], plain(method.get("flatPath", method["path"]))] = method
            requests[method["httpMethod"], plain(method["path"])] = method
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip(package, reason=f"{package} is not installed")
        rpcs = list(rpcs_of(package))
    seen = set()
    for rpc, verb, uri in rpcs:
        if sent := requests.get((verb, plain(uri))):
            seen.add(rpc)
            assert set(need_of(f"{service}.googleapis.com", rpc).scopes) == set(sent["scopes"]), rpc
    assert len(seen) >= fewest


def test_an_rpc_that_only_comes_near_takes_what_all_that_do_alike_take() -> None:
    need = need_of("spanner.googleapis.com", "google.spanner.admin.database.v1.DatabaseAdmin.UpdateDatabaseDdl")
    assert names(need) == {"spanner.admin", "cloud-platform"}
    assert need.basis is Basis.RPC
    assert need.matched.endswith("more")


def test_a_permission_that_spells_its_method_comes_before_an_rpc_that_only_comes_near() -> None:
    need = need_of("storage.googleapis.com", "storage.setIamPermissions", "storage.buckets.setIamPolicy")
    assert (need.basis, need.matched) == (Basis.PERMISSION, "storage.buckets.setIamPolicy")


def test_a_permission_of_another_service_tells_nothing_about_the_call() -> None:
    need = need_of("logging.googleapis.com", None, "storage.objects.get")
    assert (need.basis, names(need)) == (Basis.SERVICE, {"logging.admin", "cloud-platform"})


def test_the_service_alone_takes_what_all_of_its_methods_take() -> None:
    need = need_of("storage.googleapis.com")
    assert (need.basis, need.matched) == (Basis.SERVICE, "every method of storage.googleapis.com")
    assert names(need) == {"devstorage.full_control", "cloud-platform"}


def test_a_service_whose_methods_all_take_the_same_leaves_nothing_to_guess() -> None:
    need = need_of("pubsub.googleapis.com", "google.pubsub.v1.Publisher.Publish")
    assert (need.basis, names(need)) == (Basis.EVERY, {"pubsub", "cloud-platform"})


@pytest.mark.parametrize(
    "host",
    ["us-central1-aiplatform.googleapis.com", "aiplatform.us.rep.googleapis.com", "aiplatform.mtls.googleapis.com"],
)
def test_a_regional_host_is_the_same_service(host: str) -> None:
    assert need_of(host, "google.cloud.aiplatform.v1.PredictionService.Predict").service == "aiplatform.googleapis.com"


@pytest.mark.parametrize(
    ("service", "method", "permission"),
    [
        (None, None, None),
        ("", "", ""),
        ("x.googleapis.com", "storage.objects.get", "storage.objects.get"),
        ("drive.googleapis.com", "google.apps.drive.v3.DriveFiles.List", None),
        ("storage.evil.example", None, None),
        ("evil-storage.googleapis.com", None, None),
        (None, "Publish", None),
        (None, None, "storage"),
        (None, ".." * 9, "a.b.c"),
        (None, "storage.objects.get" + "x" * 9_999, None),
    ],
)
def test_what_nobody_listed_has_no_scopes_and_that_is_no_guess(
    service: str | None, method: str | None, permission: str | None
) -> None:
    assert scopes_for(service, method, permission) is None


@given(st.none() | st.text(max_size=30), st.none() | st.text(max_size=60), st.none() | st.text(max_size=40))
def test_no_text_breaks_the_look_up(service: str | None, method: str | None, permission: str | None) -> None:
    for host in (service, "storage.googleapis.com"):
        need = scopes_for(host, method, permission)
        assert need is None or need.scopes


@given(st.sampled_from(sorted({*TABLE, *UNDOCUMENTED})), st.data())
def test_cloud_platform_is_enough_for_every_google_cloud_api(service: str, data: st.DataObject) -> None:
    methods = taken(service)
    assert methods is not None
    resource, verb = data.draw(st.sampled_from(sorted(methods)))
    method = None if (resource, verb) == EVERY else f"{service}.{resource}.{verb}"
    need = need_of(f"{service}.googleapis.com", method)
    assert satisfied(need, [PLATFORM])


@given(st.sampled_from(sorted(TABLE)), st.data())
def test_the_scope_that_is_added_is_enough_and_is_not_added_twice(service: str, data: st.DataObject) -> None:
    methods = taken(service)
    assert methods is not None
    resource, verb = data.draw(st.sampled_from(sorted(methods)))
    present = data.draw(st.lists(st.sampled_from(DEFAULTS), unique=True))
    need = need_of(f"{service}.googleapis.com", None if resource == "*" else f"{service}.{resource}.{verb}")
    scope = least_scope(need, present)
    assert (scope is None) is satisfied(need, present)
    assert satisfied(need, [*present, scope or ""])
    assert scope != PLATFORM or need.only_platform
    assert least_scope(need, [*present, scope or ""]) is None


@pytest.mark.parametrize(
    ("permission", "least"),
    [
        ("storage.objects.get", "devstorage.read_only"),
        ("storage.objects.create", "devstorage.read_write"),
        ("storage.objects.update", "devstorage.full_control"),
        ("logging.logEntries.create", "logging.write"),
        ("logging.logEntries.list", "logging.read"),
        ("monitoring.timeSeries.create", "monitoring.write"),
        ("compute.instances.list", "compute.readonly"),
        ("compute.instances.stop", "compute"),
        ("bigquery.jobs.create", "bigquery"),
        ("bigquery.tables.get", "bigquery"),
        ("bigtable.tables.readRows", "bigtable.data.readonly"),
        ("resourcemanager.projects.get", "cloud-platform.read-only"),
        ("resourcemanager.projects.update", "cloud-platform"),
    ],
)
def test_the_least_scope_is_the_services_own_and_opens_fewest_methods(permission: str, least: str) -> None:
    assert added(need_of(permission=permission)) == least


def test_a_bigquery_job_is_not_mended_with_a_scope_of_storage() -> None:
    need = need_of("bigquery.googleapis.com", "bigquery.jobs.insert")
    assert "devstorage.read_only" in names(need)
    assert added(need) == "bigquery"


def test_a_scope_of_another_service_comes_before_reading_everything() -> None:
    scopes = tuple(f"{AUTH}{name}" for name in ("cloud-platform", "cloud-platform.read-only", "compute"))
    for service in TABLE:
        need = ScopeNeed(service=f"{service}.googleapis.com", scopes=scopes, basis=Basis.METHOD, matched="m")
        assert added(need) == "compute"


def test_a_scope_that_no_listed_method_takes_is_taken_for_a_wide_one() -> None:
    scopes = tuple(f"{AUTH}{name}" for name in ("a.newcomer", "cloud-platform", "pubsub"))
    need = ScopeNeed(service="pubsub.googleapis.com", scopes=scopes, basis=Basis.METHOD, matched="m")
    assert added(need) == "pubsub"
    assert added(msgspec.structs.replace(need, scopes=scopes[:2])) == "a.newcomer"


def test_default_scopes_let_a_machine_read_buckets_and_not_write_them() -> None:
    assert satisfied(need_of(permission="storage.objects.get"), DEFAULTS)
    assert not satisfied(need_of(permission="storage.objects.create"), DEFAULTS)
    assert satisfied(need_of(permission="logging.logEntries.create"), DEFAULTS)
    assert not satisfied(need_of(permission="logging.logEntries.list"), DEFAULTS)
