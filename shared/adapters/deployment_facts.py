"""What Google says of a deployment of ours, read with the credentials of whoever asks: for `unforbid doctor` alone.

What may not be read, or does not answer, becomes an `Untold` in its place: one gap never hides the rest. Nothing here
changes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from shared.adapters import cloud_run, deployment_parts, iam_deny, pubsub, resource_manager, secret_manager
from shared.adapters.asking import asking, limits
from shared.adapters.firestore_database import CLEANED_UP, CONCERNS
from shared.adapters.iam_policy import WITH_CONDITIONS
from shared.adapters.pages import every_page
from shared.adapters.policies import policy_from
from shared.errors import LookFailed, NotAllowedToLook, NotFound
from shared.model.deployment import CRM, Carrier, Deployment, Function, Place, Told, Untold

if TYPE_CHECKING:
    from shared.adapters.google_clients import GoogleClients

T = TypeVar("T")
ORGANIZATION = "UNFORBID_ORGANIZATION"


def told(read: Callable[[], T]) -> Told[T]:
    """What a question is answered with, or why it could not be."""
    try:
        return read()
    except NotAllowedToLook as error:
        return _refused(error)
    except (LookFailed, NotFound) as error:
        return Untold(str(error))


def told_or_none(read: Callable[[], T]) -> Told[T] | None:
    """The same, with None for what does not exist."""
    try:
        return read()
    except NotFound:
        return None
    except NotAllowedToLook as error:
        return _refused(error)
    except LookFailed as error:
        return Untold(str(error))


def _refused(error: NotAllowedToLook) -> Untold:
    """Google's own words, for it may be an API that is off, and the permission that is missing if it is not."""
    return Untold(f"Google refuses to tell: {error.why}", permission=error.permission, on=_short(error.on))


def _short(name: str) -> str:
    return name.partition("googleapis.com/")[2] or name


def read_deployment(clients: GoogleClients, place: Place, now: datetime) -> Deployment:
    """Everything about a deployment but what only Slack knows."""
    functions = told(lambda: _functions(clients, place))
    known = () if isinstance(functions, Untold) else functions
    above, containers = _containers(clients, place)
    secrets = sorted({secret for one in known for secret in one.secrets.values()})
    return Deployment(
        place=place,
        at=now,
        functions=functions,
        containers=containers,
        above=above,
        roles=_roles(clients, containers, {f"serviceAccount:{one.account}" for one in known}),
        policies=_policies(clients, place, known, secrets),
        sink=told_or_none(lambda: deployment_parts.sink(clients, place)),
        subscriptions={
            one: told_or_none(lambda one=one: deployment_parts.subscription(clients, place, one))  # type: ignore[misc]
            for one in (place.denials, place.dead, place.counts)
        },
        secrets={
            one: told_or_none(lambda one=one: deployment_parts.is_usable(clients, place, one))  # type: ignore[misc]
            for one in secrets
        },
        expiring=_expiring(clients, place),
        dead=told(lambda: deployment_parts.undelivered(clients, place, now)),
        delivered=told(lambda: deployment_parts.last_delivery(clients, place, now)),
        denied=_denied(clients, known),
        seal=_seal(clients, place, functions),
    )


def read_sink(clients: GoogleClients, place: Place, now: datetime) -> Deployment:
    """The functions and the sink alone, which is all that the sink's filter is made of."""
    unread = Untold("it was not asked for")
    return Deployment(
        place=place,
        at=now,
        functions=told(lambda: _functions(clients, place)),
        sink=told_or_none(lambda: deployment_parts.sink(clients, place)),
        containers={},
        above={},
        roles={},
        policies={},
        subscriptions={},
        secrets={},
        expiring={},
        dead=unread,
        delivered=unread,
    )


def _functions(clients: GoogleClients, place: Place) -> tuple[Function, ...]:
    """Every function of ours: a function is a service of Cloud Run by the same name."""
    parent = f"projects/{place.project}/locations/{place.region}"
    what = "list the functions"
    with asking(what, parent, "run.services.list"):
        pager = clients.run_services.list_services(request={"parent": parent}, **limits())
        found = [one for page in every_page(pager, what, parent) for one in page.services]
        return tuple(_function(one, place) for one in found if _name(one).startswith(f"{place.name}-"))


def _name(service: Any) -> str:
    return str(service.name).rpartition("/")[2]


def _function(service: Any, place: Place) -> Function:
    variables = [one for container in service.template.containers for one in container.env]
    secrets = {one.name: one.value_source.secret_key_ref.secret for one in variables}
    return Function(
        name=_name(service).removeprefix(f"{place.name}-"),
        account=service.template.service_account,
        settings={one.name: one.value for one in variables if not secrets[one.name]},
        secrets={name: secret.rpartition("/")[2] for name, secret in secrets.items() if secret},
        unchecked=service.invoker_iam_disabled,
    )


def _containers(
    clients: GoogleClients, place: Place
) -> tuple[dict[str, Told[tuple[str, ...]]], dict[str, Told[Carrier]]]:
    """What stands above the containers that matter, and the policy of each of them."""
    below = dict.fromkeys([place.home, place.watched, *(place.fixed(one) for one in place.fix_projects)])
    above = {one: told(lambda one=one: _above(clients, one)) for one in below}  # type: ignore[misc]
    lines = [line for line in above.values() if not isinstance(line, Untold)]
    names = dict.fromkeys([*below, *(name for line in lines for name in line)])
    return above, {one: told(lambda one=one: carrier(clients, one)) for one in names}  # type: ignore[misc]


def _above(clients: GoogleClients, container: str) -> tuple[str, ...]:
    """The full names of what stands above, narrowest first; of a folder what its projects would inherit."""
    name = container.removeprefix(f"{CRM}/")
    if name.startswith("organizations/"):
        return ()
    if name.startswith("folders/"):
        return tuple(f"{CRM}/{one}" for one in _above_folder(clients, name))
    return tuple(f"{CRM}/{one}" for one in resource_manager.ancestry(clients, name)[1:])


def _above_folder(clients: GoogleClients, name: str) -> list[str]:
    found: list[str] = []
    while name.startswith("folders/") and len(found) <= resource_manager.DEEPEST:
        with asking("read the folder", f"{CRM}/{name}", "resourcemanager.folders.get"):
            name = str(clients.folders.get_folder(request={"name": name}, **limits()).parent)
        found.append(name)
    if not name.startswith("organizations/"):
        raise LookFailed("read the ancestors", f"{CRM}/{name}", "its parents do not end")
    return found


def carrier(clients: GoogleClients, container: str) -> Carrier:
    """The policy of a project, folder or organisation, with the logs of data access that it switches on."""
    name = container.removeprefix(f"{CRM}/")
    kind = name.partition("/")[0]
    request = {"resource": name, "options": {"requested_policy_version": WITH_CONDITIONS}}
    with asking("read the policy", container, f"resourcemanager.{kind}.getIamPolicy"):
        found = getattr(clients, kind).get_iam_policy(request=request, **limits())
        return Carrier(policy=policy_from(container, found), logs=_logs(found))


def _logs(policy: Any) -> dict[str, frozenset[str]]:
    from google.iam.v1.policy_pb2 import AuditLogConfig

    types = AuditLogConfig.LogType
    return {
        one.service: frozenset(types.Name(config.log_type) for config in one.audit_log_configs)
        for one in policy.audit_configs
    }


def _roles(
    clients: GoogleClients, containers: dict[str, Told[Carrier]], ours: set[str]
) -> dict[str, Told[frozenset[str]]]:
    """What every role holds that an account of ours, or everybody, has somewhere."""
    known = [one for one in containers.values() if isinstance(one, Carrier)]
    members = ours | {"allUsers", "allAuthenticatedUsers"}
    named = {binding.role for one in known for binding in one.policy.bindings if members & set(binding.members)}
    return {one: told(lambda one=one: deployment_parts.permissions(clients, one)) for one in sorted(named)}  # type: ignore[misc]


def _policies(
    clients: GoogleClients, place: Place, functions: Iterable[Function], secrets: Iterable[str]
) -> dict[str, Any]:
    """The policies of topics, subscriptions, services and secrets, by full name."""
    reads = {place.topic(one): pubsub.policy for one in (place.denials, place.dead, place.counts)}
    reads |= {place.subscription(place.denials): pubsub.policy}
    reads |= {place.service(one.name): cloud_run.policy for one in functions}
    reads |= {place.secret(one): secret_manager.policy for one in secrets}
    return {name: told_or_none(lambda name=name, read=read: read(clients, name)) for name, read in reads.items()}  # type: ignore[misc]


def _expiring(clients: GoogleClients, place: Place) -> dict[str, Told[bool]]:
    """For each collection whose documents expire, whether Firestore removes them."""
    groups = [(concern, one) for concern, held in CONCERNS.items() for one in held if one in CLEANED_UP]
    return {
        f"{concern}/{one}": told(lambda c=concern, g=one: deployment_parts.expires(clients, place, c, g))  # type: ignore[misc]
        for concern, one in groups
    }


def _denied(clients: GoogleClients, functions: Iterable[Function]) -> Told[dict[str, frozenset[str]]]:
    """What the organisation denies to each principal without a condition, where one is set."""
    organization = next((one.settings[ORGANIZATION] for one in functions if ORGANIZATION in one.settings), "")
    if not organization:
        return {}
    rules = told(lambda: iam_deny.deny_rules(clients, f"organizations/{organization}"))
    if isinstance(rules, Untold):
        return rules
    found: dict[str, frozenset[str]] = {}
    for rule in rules:
        if rule.condition is None:
            for one in set(rule.denied_principals) - set(rule.exception_principals):
                denied = frozenset(rule.denied_permissions) - frozenset(rule.exception_permissions)
                found[one] = found.get(one, frozenset()) | denied
    return found


def _seal(clients: GoogleClients, place: Place, functions: Told[tuple[Function, ...]]) -> Told[str] | None:
    """The seal of the policy in the archive that `detect` was made of; None where none is set."""
    if isinstance(functions, Untold):
        return functions
    if not any("UNFORBID_POLICY" in one.settings for one in functions):
        return None
    return told(lambda: deployment_parts.packed_seal(clients, place))
