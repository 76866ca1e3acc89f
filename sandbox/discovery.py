"""Google's discovery documents: the path, the scopes and the closed schemas of every method the sandbox answers."""

from __future__ import annotations

import importlib.resources
import json
import re
from functools import cache
from typing import Any
from urllib.parse import unquote

import jsonschema
from msgspec import Struct


class Method(Struct, frozen=True, kw_only=True):
    """One method of an API, as its discovery document describes it.

    `id` is the discovery id (`storage.objects.insert`), `service` the API's host, `shapes` what a path of it looks
    like with the names of its parameters; uploads and downloads of Cloud Storage have a second one.
    """

    id: str
    api: str
    service: str
    verb: str
    shapes: tuple[re.Pattern[str], ...]
    path_parameters: tuple[str, ...]
    scopes: frozenset[str]
    request: str | None
    response: str | None

    def parameters_of(self, path: str) -> dict[str, str] | None:
        """The path parameters of a request path (still percent-encoded), or None if it is not this method's."""
        for shape in self.shapes:
            if found := shape.fullmatch(path):
                return {name: unquote(value) for name, value in found.groupdict().items()}
        return None


@cache
def document(api: str) -> Any:
    """The discovery document of an API by name and version, as `storage.v1`."""
    folder = importlib.resources.files("googleapiclient.discovery_cache") / "documents"
    return json.loads((folder / f"{api}.json").read_text("utf-8"))


@cache
def methods(api: str) -> dict[str, Method]:
    """Every method of an API by its discovery id."""
    found: dict[str, Method] = {}
    _collect(api, document(api), found)
    return found


def _collect(api: str, node: Any, found: dict[str, Method]) -> None:
    for raw in node.get("methods", {}).values():
        found[raw["id"]] = _method(api, raw)
    for inner in node.get("resources", {}).values():
        _collect(api, inner, found)


def _method(api: str, raw: Any) -> Method:
    whole = document(api)
    paths = [whole["servicePath"] + raw["path"]]
    uploads = raw.get("mediaUpload", {}).get("protocols", {})
    paths += sorted({one["path"].lstrip("/") for one in uploads.values()})
    paths += [f"download/{paths[0]}"] if raw.get("useMediaDownloadService") else []
    inside = [name for name, one in raw.get("parameters", {}).items() if one.get("location") == "path"]
    return Method(
        id=raw["id"],
        api=api,
        service=whole["rootUrl"].removeprefix("https://").rstrip("/").removeprefix("www."),
        verb=raw["httpMethod"],
        shapes=tuple(_shape(path, raw.get("parameters", {})) for path in paths),
        path_parameters=tuple(inside),
        scopes=frozenset(raw.get("scopes", ())),
        request=raw.get("request", {}).get("$ref"),
        response=raw.get("response", {}).get("$ref"),
    )


def _shape(path: str, parameters: Any) -> re.Pattern[str]:
    """The pattern of a path template: `{+name}` follows the parameter's own pattern, `{bucket}` is one segment."""
    parts = re.split(r"(\{\+?\w+\})", path)
    made = ["/"]
    for part in parts:
        if not part.startswith("{"):
            made.append(re.escape(part))
        elif part.startswith("{+"):
            own = parameters[part[2:-1]].get("pattern", "^[^/]+$").strip("^$")
            made.append(f"(?P<{part[2:-1]}>{own.replace('[^/]+', '[^/]+?')})")
        else:
            made.append(f"(?P<{part[1:-1]}>[^/]+?)")
    return re.compile("".join(made))


@cache
def _validator(api: str, name: str) -> jsonschema.Draft202012Validator:
    schemas = {key: _closed(value) for key, value in document(api)["schemas"].items()}
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schemas})


def _closed(schema: Any) -> Any:
    """A discovery schema as JSON Schema that allows nothing it does not name."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    if schema.get("type") == "any":
        return {}
    out: dict[str, Any] = {key: schema[key] for key in ("type", "enum") if key in schema}
    if schema.get("format") in ("int64", "uint64") and schema.get("type") == "string":
        out["pattern"] = r"^-?\d+$"
    if "items" in schema:
        out["items"] = _closed(schema["items"])
    if "properties" in schema:
        out["properties"] = {key: _closed(value) for key, value in schema["properties"].items()}
        out["additionalProperties"] = False
    if "additionalProperties" in schema:
        out["additionalProperties"] = _closed(schema["additionalProperties"])
    return out


def problems(api: str, name: str, value: Any) -> list[str]:
    """What is wrong with a value by the closed schema of that name; empty if nothing is."""
    return [f"{error.json_path}: {error.message[:200]}" for error in _validator(api, name).iter_errors(value)]


def named_enums(api: str, name: str, value: Any) -> Any:
    """A request body with enums by name: the clients send them as numbers (`$alt=json;enum-encoding=int`)."""
    return _named(document(api)["schemas"], {"$ref": name}, value)


def _named(schemas: Any, schema: Any, value: Any) -> Any:
    schema = schemas[schema["$ref"]] if "$ref" in schema else schema
    if isinstance(value, dict):
        inner, rest = schema.get("properties", {}), schema.get("additionalProperties")
        return {key: _named(schemas, inner.get(key, rest or {}), one) for key, one in value.items()}
    if isinstance(value, list):
        return [_named(schemas, schema.get("items", {}), one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool) and "enum" in schema and value < len(schema["enum"]):
        return schema["enum"][value]
    return value
