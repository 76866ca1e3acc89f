"""Artifact Registry: repositories with the images in them, pulls as Docker makes them, and policies."""

from __future__ import annotations

from sandbox.caller import Caller
from sandbox.clock import stamp
from sandbox.discovery import methods
from sandbox.door import Call, Door, Kind, by_parameter
from sandbox.front import serve
from sandbox.policies import found, policy_doors, test_door
from sandbox.world import Json, Resource, World

API = "artifactregistry.v1"
TITLE = "Artifact Registry API"
HOST = "artifactregistry.googleapis.com"
RPC = "google.devtools.artifactregistry.v1.ArtifactRegistry"
REPOSITORIES = "artifactregistry.projects.locations.repositories"

_named, _parent = by_parameter(HOST, "name", "resource"), by_parameter(HOST, "parent")


def add_repository(world: World, project: str, location: str, repository: str, *images: str) -> Resource:
    """A Docker repository with images, each by its name and a digest (`app@sha256:...`)."""
    path = f"projects/{project}/locations/{location}/repositories/{repository}"
    body: Json = {"name": path, "format": "DOCKER", "mode": "STANDARD_REPOSITORY"}
    hidden: Json = {"images": list(images)}
    return world.add(Resource(name=f"//{HOST}/{path}", kind="repositories", project=project, body=body, hidden=hidden))


def pull(world: World, caller: Caller, repository: str) -> None:
    """Pull from a repository by its full name, as Docker does; raises `Refusal` and leaves the entry of a refused pull.

    The call goes to `LOCATION-docker.pkg.dev`, which no client library speaks to.
    """
    method = methods(API)[f"{REPOSITORIES}.get"]
    call = Call(params={"name": repository.removeprefix(f"//{HOST}/")}, body={}, caller=caller)
    serve(world, method, PULL, call)


def _images(world: World, call: Call) -> Json:
    repository = found(world, _parent(world, call))
    parts = repository.body["name"].split("/")
    host = f"{parts[3]}-docker.pkg.dev/{parts[1]}/{parts[5]}"
    listed = [
        {
            "name": f"{repository.body['name']}/dockerImages/{one}",
            "uri": f"{host}/{one}",
            "uploadTime": stamp(world.now()),
        }
        for one in repository.hidden.get("images", ())
    ]
    return {"dockerImages": listed} if listed else {}


def _packages(world: World, call: Call) -> Json:
    repository = found(world, _parent(world, call))
    names = sorted({one.partition("@")[0] for one in repository.hidden.get("images", ())})
    listed = [{"name": f"{repository.body['name']}/packages/{one}"} for one in names]
    return {"packages": listed} if listed else {}


PULL = Door(
    id="docker.manifests.get",
    rpc="Docker-GetManifest",
    permission="artifactregistry.repositories.downloadArtifacts",
    on=_named,
    answer=lambda world, call: found(world, _named(world, call)).body,
    kind=Kind.DATA_READ,
    title=TITLE,
)
DOORS = [
    Door(
        id=f"{REPOSITORIES}.get",
        rpc=f"{RPC}.GetRepository",
        permission="artifactregistry.repositories.get",
        on=_named,
        answer=lambda world, call: found(world, _named(world, call)).body,
        kind=Kind.ADMIN_READ,
        title=TITLE,
    ),
    Door(
        id=f"{REPOSITORIES}.dockerImages.list",
        rpc=f"{RPC}.ListDockerImages",
        permission="artifactregistry.dockerimages.list",
        on=_parent,
        answer=_images,
        kind=Kind.DATA_READ,
        title=TITLE,
    ),
    Door(
        id=f"{REPOSITORIES}.packages.list",
        rpc=f"{RPC}.ListPackages",
        permission="artifactregistry.packages.list",
        on=_parent,
        answer=_packages,
        kind=Kind.DATA_READ,
        title=TITLE,
    ),
    *policy_doors(REPOSITORIES, RPC, "artifactregistry.repositories", _named, title=TITLE),
    test_door(REPOSITORIES, RPC, _named, title=TITLE),
]
