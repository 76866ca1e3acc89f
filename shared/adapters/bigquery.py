"""BigQuery: the access lists of datasets and the policies of tables, both as policies."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from shared.adapters.asking import asking, limits
from shared.adapters.dataset_access import bindings_of
from shared.adapters.full_names import relative_name
from shared.adapters.google_clients import GoogleClients
from shared.adapters.iam_policy import WITH_CONDITIONS
from shared.adapters.policies import with_conditions_seen
from shared.adapters.policy_json import policy_of
from shared.errors import NotAllowedToLook
from shared.model.facts import Policy

HOST = "bigquery.googleapis.com"
DATASET = ("projects", "datasets")
TABLE = (*DATASET, "tables")
GET, GET_ACCESS = "bigquery.datasets.get", "bigquery.datasets.getIamPolicy"


def policy(clients: GoogleClients, resource: str) -> Policy:
    """The policy of a dataset, table or view by its full name; `ValueError` for a name of anything else."""
    name = relative_name(resource, HOST, DATASET, TABLE)
    if name.count("/") == 3:
        return _dataset_policy(clients, resource, name)
    with asking("read the policy", resource, "bigquery.tables.getIamPolicy"):
        options = {"options": {"requestedPolicyVersion": WITH_CONDITIONS}}
        return policy_of(resource, _ask(clients, method="POST", path=f"/{quote(name)}:getIamPolicy", data=options))


def _dataset_policy(clients: GoogleClients, resource: str, name: str) -> Policy:
    """The access list of a dataset as a policy; to read it takes a permission besides the dataset's own."""
    try:
        with asking("read the access list", resource, GET_ACCESS):
            shown = {"datasetView": "ACL", "accessPolicyVersion": WITH_CONDITIONS}
            answer = _ask(clients, method="GET", path=f"/{quote(name)}", query_params=shown)
            return _policy_of_dataset(resource, answer)
    except NotAllowedToLook as refused:
        missing = GET if GET in refused.why.split() else GET_ACCESS
        raise NotAllowedToLook(missing, resource, refused.why) from refused


def _policy_of_dataset(resource: str, answer: Any) -> Policy:
    """A dataset without its access list would look like one that nobody may read: it makes no sense instead."""
    bindings = bindings_of(answer["datasetReference"]["projectId"], answer["access"])
    version = WITH_CONDITIONS if any(one.condition for one in bindings) else 1
    return with_conditions_seen(Policy(resource=resource, bindings=bindings, etag=answer["etag"], version=version))


def _ask(clients: GoogleClients, **request: Any) -> Any:
    """The client's own methods cannot ask for version 3, which conditions need: this is the call beneath them."""
    limit = limits()
    ask = limit["retry"](clients.bigquery._connection.api_request)  # noqa: SLF001
    return ask(timeout=limit["timeout"], **request)
