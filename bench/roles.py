"""Role choice over Google's predefined roles (`make roles`): the table to review, and what a look-up costs.

The costs are ratios within one run: opening the mapped catalogue over parsing the same roles as JSON, and over opening
an indexed SQLite file; finding who holds a permission over asking that SQLite file.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from gzip import decompress
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from shared.adapters.role_file import open_catalogue, write_catalogue
from shared.cli.roles import read_roles
from shared.grants.catalogue import Catalogue, pack
from shared.grants.choose import choose
from shared.model.names import Permission
from shared.model.role import RoleDefinition

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "iam-roles" / "roles.jsonl.gz"
ROUNDS = 30
_LISTED = """
aiplatform.endpoints.predict artifactregistry.repositories.downloadArtifacts
artifactregistry.repositories.uploadArtifacts bigquery.datasets.get bigquery.jobs.create
bigquery.readsessions.create bigquery.tables.create bigquery.tables.getData bigquery.tables.list
bigquery.tables.updateData bigtable.tables.readRows bigtable.tables.mutateRows cloudbuild.builds.get
cloudfunctions.functions.invoke cloudkms.cryptoKeyVersions.useToDecrypt cloudkms.cryptoKeyVersions.useToEncrypt
cloudscheduler.jobs.run cloudsql.instances.connect cloudsql.instances.get cloudtrace.traces.patch compute.disks.use
compute.images.useReadOnly compute.instances.get compute.instances.list compute.instances.start
compute.instances.stop compute.networks.get compute.subnetworks.use container.clusters.get container.pods.list
dataflow.jobs.get dataproc.clusters.get datastore.entities.create datastore.entities.get dns.changes.create
dns.managedZones.list eventarc.events.receiveEvent file.instances.get iam.serviceAccounts.actAs
iam.serviceAccounts.get iam.serviceAccounts.getAccessToken iam.serviceAccounts.getOpenIdToken
iam.serviceAccounts.signBlob logging.logEntries.create logging.logEntries.list logging.privateLogEntries.list
monitoring.alertPolicies.list monitoring.timeSeries.create monitoring.timeSeries.list pubsub.subscriptions.consume
pubsub.topics.attachSubscription pubsub.topics.get pubsub.topics.publish redis.instances.get
resourcemanager.projects.get run.jobs.run run.routes.invoke run.services.get secretmanager.secrets.get
secretmanager.versions.access serviceusage.services.use spanner.databases.read spanner.databases.select
spanner.databases.write storage.buckets.get storage.buckets.list storage.objects.create storage.objects.delete
storage.objects.get storage.objects.list workflows.executions.create
"""
ASKED = _LISTED.split()


def main() -> int:
    """Print the table and the ratios; 1 if a choice could escalate."""
    if not REFERENCE.is_file():
        print("skipped: the predefined roles (../shared/iam-roles) are not beside this checkout")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        listed, path = Path(folder) / "roles.jsonl", Path(folder) / "roles.bin"
        listed.write_bytes(decompress(REFERENCE.read_bytes()))
        roles = list(read_roles(listed))
        write_catalogue(path, pack(roles, datetime.now(UTC), "reference"))
        catalogue = open_catalogue(path)
        wrong = _table(catalogue)
        _costs(listed, path, _sqlite(Path(folder) / "roles.db", roles))
    return int(wrong)


def _table(catalogue: Catalogue) -> bool:
    table = Table(
        "permission", "role", "excess", "dangerous", "why not narrower, or why none", box=None, pad_edge=False
    )
    wrong = False
    for name in ASKED:
        choice = choose([Permission(name)], catalogue)
        chosen = next((one for one in choice.candidates if one.role == choice.role), None)
        wrong |= bool(chosen and (chosen.refusal or (chosen.dangerous and not chosen.curated)))
        excess, dangerous = (str(len(chosen.excess)), str(len(chosen.dangerous))) if chosen else ("-", "-")
        table.add_row(name, (choice.role or "none").removeprefix("roles/"), excess, dangerous, choice.why)
    Console(width=160).print(table)
    services = {name.partition(".")[0] for name in ASKED}
    print(f"\n{len(ASKED)} permissions of {len(services)} services over {catalogue.count} roles")
    return wrong


def _sqlite(path: Path, roles: list[RoleDefinition]) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE holders (permission TEXT, role TEXT, PRIMARY KEY (permission, role)) WITHOUT ROWID")
        pairs = ((permission, role.name) for role in roles for permission in role.permissions)
        db.executemany("INSERT INTO holders VALUES (?, ?)", pairs)
        db.commit()
    return path


def _costs(listed: Path, mapped: Path, database: Path) -> None:
    lines = listed.read_bytes().splitlines()
    query = "SELECT role FROM holders WHERE permission = ?"
    catalogue = open_catalogue(mapped)
    with closing(sqlite3.connect(database)) as db:
        find = _seconds(lambda: [catalogue.holding(Permission(name)) for name in ASKED])
        ask = _seconds(lambda: [db.execute(query, (name,)).fetchall() for name in ASKED])

    def first_answer() -> None:
        with closing(sqlite3.connect(database)) as fresh:
            fresh.execute(query, (ASKED[0],)).fetchall()

    load = _seconds(lambda: open_catalogue(mapped).holding(Permission(ASKED[0])))
    parse = _seconds(lambda: [orjson.loads(line) for line in lines])
    print(f"open and first answer over parsing the JSON: {load / parse:.4f}")
    print(f"open and first answer over SQLite's:         {load / _seconds(first_answer):.2f}")
    print(f"who holds a permission over asking SQLite:   {find / ask:.2f}")


def _seconds(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return statistics.median(took)


if __name__ == "__main__":
    sys.exit(main())
