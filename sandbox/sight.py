"""What an asking identity may see of policies, roles and groups."""

from __future__ import annotations

from fnmatch import fnmatchcase

from sandbox.access import Asked, read_access
from sandbox.caller import Caller
from sandbox.world import Resource, World

PREFIX_OF = {"cloudresourcemanager": "resourcemanager"}
"""The hosts whose permissions begin otherwise than their names."""


class Sight:
    """Answers for one caller: `World.reader_cannot` limits the reader, IAM all others."""

    def __init__(self, world: World, caller: Caller) -> None:
        self.world, self._caller = world, caller

    def may(self, permission: str, resource: str) -> bool:
        """Whether the caller has a permission on a resource."""
        if self._caller.is_reader:
            return not any(fnmatchcase(permission, one) for one in self.world.reader_cannot)
        asked = Asked(self._caller.member, permission, resource, self.world.now())
        return read_access(self.world, asked).allowed

    def policy_of(self, resource: Resource) -> bool:
        """Whether the caller may read the allow policy of a resource."""
        return self.may(policy_permission(resource), resource.name)

    def deny_policies_of(self, resource: Resource) -> bool:
        """Whether the caller may read the deny policies that hang on a resource."""
        return all(self.may(f"iam.denypolicies.{verb}", resource.name) for verb in ("list", "get"))

    def role(self, role: str) -> bool:
        """Whether the caller may see what a role holds: Google's own roles are public."""
        owner = "/".join(role.split("/")[:2])
        return role.startswith("roles/") or self.may("iam.roles.get", f"//cloudresourcemanager.googleapis.com/{owner}")

    def members_of_groups(self) -> bool:
        """Whether the caller may see who is in a group; only the reader can be kept from it."""
        return not self._caller.is_reader or self.may("groups.expand", "")


def policy_permission(resource: Resource) -> str:
    """The permission to read the allow policy of a resource: `storage.buckets.getIamPolicy`."""
    service = resource.name.removeprefix("//").partition(".")[0]
    return f"{PREFIX_OF.get(service, service)}.{resource.kind}.getIamPolicy"
