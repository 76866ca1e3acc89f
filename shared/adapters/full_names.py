"""Full resource names, read by their parts before anything is asked about them."""

from __future__ import annotations

from shared.errors import LookFailed
from shared.model.names import is_target

Kind = tuple[str, ...]
"""The collections on the way to a resource, as `("projects", "topics")`."""


def relative_name(resource: str, host: str, *kinds: Kind) -> str:
    """The name without its host, as the service's own API takes it: `projects/p/topics/t`.

    Args:
        resource: the full name.
        host: the host that it must begin with.
        kinds: the types of resources that may be asked about.

    Raises:
        ValueError: it is a name of another type: whoever calls has to know which adapter reads what.
        LookFailed: nothing can have such a name, so no question may be built of it.
    """
    path = resource.removeprefix(f"//{host}/")
    parts = path.split("/")
    if path == resource or len(parts) % 2 or tuple(parts[::2]) not in kinds:
        raise ValueError(f"{resource[:200]} is no resource of {host} that has a policy read here")
    if "%" in path or not is_target(resource):
        raise LookFailed("read the policy", resource[:200], "no resource has such a name")
    return path
