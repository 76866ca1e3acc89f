"""The calls that workloads make, with Google's own clients; what became of each, in the words of the client's error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from sandbox.caller import PLATFORM, caller_of
from sandbox.errors import Refusal
from sandbox.world import World
from shared.adapters.google_clients import GoogleClients
from shared.errors import Permanent

SECONDS = 10.0


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one call: accepted, or refused with the HTTP status, the error's class and its text."""

    accepted: bool
    status: int = 200
    error: str = ""
    text: str = ""


class Request(Struct, frozen=True, kw_only=True, omit_defaults=True, repr_omit_defaults=True):
    """One call: what, on which full resource name, by whom as the sandbox knows callers (`as:user:ann@example.com`).

    `impersonating` is an account whose token is minted first, and used; `billed_to` the quota project; `within` the
    project that a query runs in.
    """

    do: str
    on: str
    token: str
    impersonating: str = ""
    billed_to: str = ""
    within: str = ""


class NotAlone(Permanent):
    """The call cannot be made from another process."""


class _Workload(GoogleClients):
    """The clients of a program whose credentials name a quota project, as application default credentials do."""

    def _credentials(self) -> Any:
        credentials = super()._credentials()
        return credentials.with_quota_project(self._quota_project) if self._quota_project else credentials


class Step(Struct, frozen=True):
    """One call about to be made: with which clients, on which full resource name, queries within which project."""

    clients: GoogleClients
    on: str
    within: str = ""

    @property
    def path(self) -> str:
        """The resource's name as its own API takes it: without `//HOST/`."""
        return self.on.removeprefix("//").partition("/")[2]

    def part(self, collection: str) -> str:
        """The id after a collection; of an object, everything after it."""
        rest = f"/{self.path}".partition(f"/{collection}/")[2]
        return rest if collection == "objects" else rest.partition("/")[0]


class DataCall(Struct, frozen=True):
    """One kind of call: the API it goes to, the collections its resource's name must have, and the client's call."""

    service: str
    collections: tuple[str, ...]
    make: Callable[[Step], Any]


def _blob(step: Step) -> Any:
    return step.clients.storage.bucket(step.part("buckets")).blob(step.part("objects"))


def _account(step: Step) -> str:
    return f"projects/-/serviceAccounts/{step.part('serviceAccounts')}"


def _mint_token(step: Step) -> Any:
    return step.clients.iam_credentials.generate_access_token(name=_account(step), scope=[PLATFORM], timeout=SECONDS)


def _write_log(step: Step) -> Any:
    """Write one entry; the channel is closed, as an open one would dial again when the server has gone."""
    log = f"projects/{step.part('projects')}/logs/app"
    entry: Any = {"log_name": log, "resource": {"type": "global"}, "text_payload": "hello"}
    with step.clients.logging as client:
        return client.write_log_entries(entries=[entry], timeout=SECONDS)


def _publish(step: Step) -> Any:
    """Publish one message; the client's own threads end with it."""
    publisher = step.clients.publisher
    try:
        return publisher.publish(step.path, b"{}").result(SECONDS)
    finally:
        publisher.stop()


def _query(step: Step) -> Any:
    table = f"{step.part('projects')}.{step.part('datasets')}.{step.part('tables')}"
    project = step.within or step.part("projects")
    return step.clients.bigquery.query_and_wait(f"SELECT * FROM `{table}`", project=project, api_timeout=SECONDS)  # noqa: S608


def _machine(step: Step) -> dict[str, str]:
    return {"project": step.part("projects"), "zone": step.part("zones"), "instance": step.part("instances")}


def _add_browser(step: Step) -> Any:
    """Read, change and write the policy of a project: the cycle that every tool goes through."""
    policy = step.clients.projects.get_iam_policy(resource=step.path, timeout=SECONDS)
    policy.bindings.add(role="roles/browser", members=["domain:example.com"])
    request = {"resource": step.path, "policy": policy}
    return step.clients.projects.set_iam_policy(request=request, timeout=SECONDS)


CALLS: dict[str, DataCall] = {
    "upload": DataCall(
        "storage.googleapis.com",
        ("buckets", "objects"),
        lambda s: _blob(s).upload_from_string(b"meow", timeout=SECONDS),
    ),
    "download": DataCall(
        "storage.googleapis.com", ("buckets", "objects"), lambda s: _blob(s).download_as_bytes(timeout=SECONDS)
    ),
    "list_objects": DataCall(
        "storage.googleapis.com",
        ("buckets",),
        lambda s: list(s.clients.storage.list_blobs(s.part("buckets"), timeout=SECONDS)),
    ),
    "mint_token": DataCall("iamcredentials.googleapis.com", ("serviceAccounts",), _mint_token),
    "mint_id_token": DataCall(
        "iamcredentials.googleapis.com",
        ("serviceAccounts",),
        lambda s: s.clients.iam_credentials.generate_id_token(
            name=_account(s), audience="https://example.com", timeout=SECONDS
        ),
    ),
    "sign_blob": DataCall(
        "iamcredentials.googleapis.com",
        ("serviceAccounts",),
        lambda s: s.clients.iam_credentials.sign_blob(name=_account(s), payload=b"to sign", timeout=SECONDS),
    ),
    "write_log": DataCall("logging.googleapis.com", ("projects",), _write_log),
    "publish": DataCall("pubsub.googleapis.com", ("topics",), _publish),
    "pull": DataCall(
        "pubsub.googleapis.com",
        ("subscriptions",),
        lambda s: s.clients.subscriber.pull(subscription=s.path, max_messages=1, timeout=SECONDS),
    ),
    "access_secret": DataCall(
        "secretmanager.googleapis.com",
        ("secrets", "versions"),
        lambda s: s.clients.secrets.access_secret_version(name=s.path, timeout=SECONDS),
    ),
    "query": DataCall("bigquery.googleapis.com", ("datasets", "tables"), _query),
    "encrypt": DataCall(
        "cloudkms.googleapis.com",
        ("cryptoKeys",),
        lambda s: s.clients.keys.encrypt(name=s.path, plaintext=b"plain", timeout=SECONDS),
    ),
    "decrypt": DataCall(
        "cloudkms.googleapis.com",
        ("cryptoKeys",),
        lambda s: s.clients.keys.decrypt(name=s.path, ciphertext=b"cipher", timeout=SECONDS),
    ),
    "get_repository": DataCall(
        "artifactregistry.googleapis.com",
        ("repositories",),
        lambda s: s.clients.repositories.get_repository(name=s.path, timeout=SECONDS),
    ),
    "list_packages": DataCall(
        "artifactregistry.googleapis.com",
        ("repositories",),
        lambda s: list(s.clients.repositories.list_packages(parent=s.path, timeout=SECONDS)),
    ),
    "get_machine": DataCall(
        "compute.googleapis.com",
        ("instances",),
        lambda s: s.clients.instances.get(request=_machine(s), timeout=SECONDS),
    ),
    "stop_machine": DataCall(
        "compute.googleapis.com",
        ("instances",),
        lambda s: s.clients.instances.stop_unary(request=_machine(s), timeout=SECONDS),
    ),
    "enable_api": DataCall(
        "serviceusage.googleapis.com",
        ("projects", "services"),
        lambda s: s.clients.service_usage.enable_service(request={"name": s.path}, timeout=SECONDS),
    ),
    "get_project": DataCall(
        "cloudresourcemanager.googleapis.com",
        ("projects",),
        lambda s: s.clients.projects.get_project(name=s.path, timeout=SECONDS),
    ),
    "set_policy": DataCall("cloudresourcemanager.googleapis.com", ("projects",), _add_browser),
}
"""The calls that Google's client libraries make, by the word for each."""


def make_call(endpoint: str, request: Request, world: World | None = None) -> Outcome:
    """Make one call against a local server; what became of it.

    Args:
        endpoint: HOST:PORT of the server that answers in Google's place.
        request: the call.
        world: the world behind the server, for calls that no client library of Google's makes.
    """
    clients = _Workload(endpoint, quota_project=request.billed_to, token=request.token)
    if request.do in ELSEWHERE:
        return ELSEWHERE[request.do](_needed(world, request), request)
    if request.impersonating:
        target = Step(clients, f"//iam.googleapis.com/projects/-/serviceAccounts/{request.impersonating}")
        minted, outcome = _made(CALLS["mint_token"], target, endpoint)
        if not outcome.accepted:
            return outcome
        clients = _Workload(endpoint, quota_project=request.billed_to, token=minted.access_token)
    return _made(CALLS[request.do], Step(clients, request.on, request.within), endpoint)[1]


def _made(call: DataCall, step: Step, endpoint: str) -> tuple[Any, Outcome]:
    """What a call returns, and its outcome. Only what Google answers with 4xx is a refusal; all else is raised."""
    from google.api_core.exceptions import ClientError
    from google.auth.exceptions import RefreshError

    try:
        return call.make(step), Outcome(accepted=True)
    except (ClientError, RefreshError) as error:
        status = int(getattr(error, "code", None) or 401)
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        said = str(error).replace(f"http://{endpoint}", f"https://{call.service}")
        return None, Outcome(accepted=False, status=status, error=kind, text=said)


def _needed(world: World | None, request: Request) -> World:
    if world is None:
        raise NotAlone(f"{request.do} goes to an address of its own, which only the process of the sandbox knows")
    return world


def _invoke(world: World, request: Request) -> Outcome:
    """Call a Cloud Run service at its own address, as `requests` would."""
    from sandbox.services.cloud_run import invoke

    status = invoke(world, caller_of(world, request.token), request.on)
    if status == 200:
        return Outcome(accepted=True)
    service = world.get(request.on)
    uri = service.body["uri"] if service else request.on
    reason = {403: "Forbidden", 404: "Not Found"}.get(status, "")
    text = f"{status} Client Error: {reason} for url: {uri}/"
    return Outcome(accepted=False, status=status, error="requests.exceptions.HTTPError", text=text)


def _pull_image(world: World, request: Request) -> Outcome:
    """Pull from a repository, as Docker would."""
    from sandbox.services.artifact_registry import pull

    try:
        pull(world, caller_of(world, request.token), request.on)
    except Refusal as refusal:
        text = f"Error response from daemon: denied: {refusal.message}"
        return Outcome(accepted=False, status=refusal.http, error="docker.errors.APIError", text=text)
    return Outcome(accepted=True)


ELSEWHERE: dict[str, Callable[[World, Request], Outcome]] = {"invoke": _invoke, "pull_image": _pull_image}
"""Calls that go to addresses which no client library of Google's speaks to."""
COLLECTIONS: dict[str, tuple[str, ...]] = {name: call.collections for name, call in CALLS.items()} | {
    "invoke": ("services",),
    "pull_image": ("repositories",),
}
"""Every call by its word, with the collections that the name of its resource must have."""


def as_python(endpoint: str, request: Request) -> str:
    """Lines of Python that make the same call by hand."""
    call = f"make_call({endpoint!r}, {request!r})"
    return f"from sandbox.callers import Request, make_call\nprint({call}.text or 'accepted')"
