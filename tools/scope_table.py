"""Writes shared/machines/scope_table.py from the discovery documents that google-api-python-client brings along.

Run it after that package was updated: `.venv/bin/python tools/scope_table.py`. A test compares the two.
"""

from __future__ import annotations

import json
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

AUTH = "https://www.googleapis.com/auth/"
OUT = Path(__file__).parent.parent / "shared/machines/scope_table.py"
DOCUMENTS = """
accesscontextmanager.v1 aiplatform.v1 apikeys.v2 appengine.v1 artifactregistry.v1 batch.v1 bigquery.v2
bigqueryconnection.v1 bigquerydatatransfer.v1 bigqueryreservation.v1 bigtableadmin.v2 binaryauthorization.v1
certificatemanager.v1 cloudasset.v1 cloudbilling.v1 cloudbuild.v1 cloudbuild.v2 clouddeploy.v1
clouderrorreporting.v1beta1 cloudfunctions.v1 cloudfunctions.v2 cloudkms.v1 cloudprofiler.v2 cloudresourcemanager.v1
cloudresourcemanager.v3 cloudscheduler.v1 cloudtasks.v2 cloudtrace.v1 cloudtrace.v2 composer.v1 compute.v1 container.v1
containeranalysis.v1 dataflow.v1b3 dataproc.v1 datastore.v1 deploymentmanager.v2 dialogflow.v3 dlp.v2 dns.v1
documentai.v1 essentialcontacts.v1 eventarc.v1 file.v1 firestore.v1 gkehub.v1 iam.v1 iam.v2 iamcredentials.v1
iap.v1 language.v1 logging.v2 metastore.v1 monitoring.v1 monitoring.v3 networkconnectivity.v1 networkmanagement.v1
networkservices.v1 notebooks.v2 orgpolicy.v2 osconfig.v1 oslogin.v1 privateca.v1 pubsub.v1 recommender.v1 redis.v1
run.v1 run.v2 secretmanager.v1 securitycenter.v1 servicecontrol.v1 servicedirectory.v1 servicemanagement.v1
servicenetworking.v1 serviceusage.v1 spanner.v1 speech.v1 sqladmin.v1 storage.v1 storagetransfer.v1
sts.v1 texttospeech.v1 translate.v2 translate.v3 videointelligence.v1 vision.v1 vpcaccess.v1 workflowexecutions.v1
workflows.v1 workstations.v1
"""
HEAD = '''"""Which OAuth scopes each method takes, written by tools/scope_table.py from Google's discovery documents.

For each service: scopes, "=", and the methods that take any one of them, as resources: verbs. "*" is every method.
Scopes are without https://www.googleapis.com/auth/; of a method's id only the last resource and the verb are kept,
which says enough: the generator fails where two methods of one service would share them and take different scopes.
Methods that take no scope at all are left out.
"""

from __future__ import annotations

TABLE = {
'''

Table = dict[str, dict[tuple[str, ...], dict[str, list[str]]]]


def methods(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every method of a discovery document, from all of its nested resources."""
    yield from document.get("methods", {}).values()
    for resource in document.get("resources", {}).values():
        yield from methods(resource)


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each document of the list with the first word of its host, the name the service has elsewhere."""
    package = find_spec("googleapiclient")
    if package is None or package.origin is None:
        raise FileNotFoundError("google-api-python-client is not installed")
    folder = Path(package.origin).parent / "discovery_cache/documents"
    for name in DOCUMENTS.split():
        document = json.loads((folder / f"{name}.json").read_text())
        yield document["rootUrl"].split("/")[2].partition(".")[0], document


def table() -> Table:
    """For each service the sets of scopes, and for each set the methods that take it, as resource and verbs."""
    found: dict[str, dict[tuple[str, str], tuple[str, ...]]] = defaultdict(dict)
    for service, document in documents():
        for method in methods(document):
            scopes = tuple(sorted(scope.removeprefix(AUTH) for scope in method.get("scopes", ())))
            resource, verb = method["id"].split(".")[-2:]
            if scopes and found[service].setdefault((resource, verb), scopes) != scopes:
                raise ValueError(f"{method['id']}: another {resource}.{verb} of {service} takes other scopes")
    return {service: by_scopes(taken) for service, taken in sorted(found.items())}


def by_scopes(taken: dict[tuple[str, str], tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, list[str]]]:
    """The methods by the scopes they take; one set for all methods needs no list of them."""
    if len(set(taken.values())) == 1:
        return {next(iter(taken.values())): {}}
    groups: dict[tuple[str, ...], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (resource, verb), scopes in sorted(taken.items()):
        groups[scopes][resource].append(verb)
    return dict(sorted(groups.items()))


def written(services: Table) -> str:
    """The module's text."""
    lines = [HEAD]
    for service, groups in services.items():
        texts = [
            textwrap.fill(f"{' '.join(scopes)} = {listing(taken)}", 118, break_on_hyphens=False)
            for scopes, taken in groups.items()
        ]
        text = "\n\n".join(texts)
        lines.append(f'    "{service}": "{text}",\n' if text.endswith("*") else f'    "{service}": """\n{text}\n""",\n')
    return "".join([*lines, "}\n"])


def listing(taken: dict[str, list[str]]) -> str:
    """Methods as text, resources with the same verbs together; a star for all methods there are."""
    alike: dict[str, list[str]] = defaultdict(list)
    for resource, verbs in taken.items():
        alike[" ".join(verbs)].append(resource)
    return "; ".join(f"{' '.join(resources)}: {verbs}" for verbs, resources in alike.items()) or "*"


if __name__ == "__main__":
    OUT.write_text(written(table()))
