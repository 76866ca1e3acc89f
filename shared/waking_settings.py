"""What an operator sets for waking who carries fixes out; part of the settings, and read with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from shared.model.family import ENDINGS, FAMILIES

QUEUE, URL, INVOKER = WAKING = ("UNFORBID_QUEUE", "UNFORBID_EXECUTE_URL", "UNFORBID_INVOKER")
WAKES = {
    QUEUE: "FAMILY=projects/P/locations/L/queues/Q of Cloud Tasks for each family of fixes that is carried out (iam, "
    "api, compute), separated by commas; the first also does what is no fix; needed with google and enforce",
    URL: "FAMILY=address of the function that tasks of that family call, for the same families",
    INVOKER: "e-mail of the service account that tasks call it as; needed with UNFORBID_QUEUE",
    "UNFORBID_TASKS_ENDPOINT": "HOST:PORT on this machine that answers for Cloud Tasks; default: Google answers",
    "UNFORBID_FAMILIES": "families whose fixes this function carries out, separated by commas; ends: only the taking "
    "back of grants; default: all",
}


class WakingSettings(Struct, frozen=True, kw_only=True):
    """The settings of one process for waking others: for each family its queue and the address that is called."""

    queues: dict[str, str] = {}
    urls: dict[str, str] = {}
    invoker: str = ""
    endpoint: str = ""
    own: tuple[str, ...] = ()

    @property
    def families(self) -> tuple[str, ...]:
        """The families that are carried out, in the order that they are named in."""
        return tuple(self.queues)


def waking_settings(environment: Mapping[str, str]) -> WakingSettings:
    """The settings for waking in an environment; whether they can be used, `waking_problems` says."""
    return WakingSettings(
        queues=dict(_pairs(environment, QUEUE)),
        urls=dict(_pairs(environment, URL)),
        invoker=environment.get(INVOKER, ""),
        endpoint=environment.get("UNFORBID_TASKS_ENDPOINT", ""),
        own=_listed(environment, "UNFORBID_FAMILIES"),
    )


def waking_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the settings for waking."""
    unset = [name for name in WAKING if not environment.get(name)]
    if unset and len(unset) < len(WAKING):
        yield f"{', '.join(WAKING)} belong together: {', '.join(unset)} must be set as well"
    for name in (QUEUE, URL):
        yield from _family_problems(environment, name)
    queues, urls = dict(_pairs(environment, QUEUE)), dict(_pairs(environment, URL))
    if queues and urls and queues.keys() != urls.keys():
        yield f"{QUEUE} and {URL} must name the same families, not {', '.join(queues)} and {', '.join(urls)}"
    for queue in queues.values():
        if queue.split("/")[::2] != ["projects", "locations", "queues"] or not all(queue.split("/")[1::2]):
            yield f"{QUEUE} must be FAMILY=projects/P/locations/L/queues/Q, not {queue!r}"
    for url in urls.values():
        host = url.removeprefix("http://").partition("/")[0]
        if not url.startswith("https://") and not (url.startswith("http://") and is_local(host)):
            yield f"{URL} must be FAMILY=ADDRESS, and an address must begin with https://, not {url!r}"
    invoker = environment.get(INVOKER, "")
    if invoker and not invoker.endswith(".gserviceaccount.com"):
        yield f"{INVOKER} must be the e-mail of a service account, not {invoker!r}"
    tasks = environment.get("UNFORBID_TASKS_ENDPOINT", "")
    if tasks and not is_local(tasks):
        yield f"UNFORBID_TASKS_ENDPOINT must be 127.0.0.1:PORT or localhost:PORT, not {tasks!r}"
    for one in _listed(environment, "UNFORBID_FAMILIES"):
        if one not in (*FAMILIES, ENDINGS):
            yield f"UNFORBID_FAMILIES must be of {', '.join(FAMILIES)} and {ENDINGS}, not {one!r}"


def _family_problems(environment: Mapping[str, str], name: str) -> Iterator[str]:
    """A family that there is not, or that is named twice: its tasks would go one way today and another tomorrow."""
    named = [family for family, _ in _pairs(environment, name)]
    for family in dict.fromkeys(named):
        if family not in FAMILIES:
            yield f"{name} must be FAMILY=VALUE for families of {', '.join(FAMILIES)}, not {family!r}"
        if named.count(family) > 1:
            yield f"{name} names the family {family} twice"


def _pairs(environment: Mapping[str, str], name: str) -> list[tuple[str, str]]:
    parts = (one.partition("=") for one in _listed(environment, name))
    return [(family.strip(), value.strip()) for family, _, value in parts]


def _listed(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in environment.get(name, "").split(",") if one.strip())


def is_local(endpoint: str) -> bool:
    """Whether calls to an endpoint stay on this machine: they carry no credentials and no encryption."""
    host, _, port = endpoint.rpartition(":")
    return host in ("127.0.0.1", "localhost") and port.isascii() and port.isdigit() and 0 < int(port) < 65_536
