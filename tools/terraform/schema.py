"""The schema of a Terraform provider, read out of its generated Python bindings: the tables that `validate` needs.

The bindings (wheels `cdktn-provider-*` on PyPI) carry compiled JavaScript, one class for each resource, that names
every argument with its type, and for each whether it is computed, optional or required. Nothing is downloaded from a
provider registry, and no provider is run.
"""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

SCALARS = {"string": "string", "boolean": "bool", "number": "number"}
TYPES: dict[str, Any] = {
    **SCALARS,
    **{f"{name}List": ["list", kind] for name, kind in SCALARS.items()},
    **{f"{name}Map": ["map", kind] for name, kind in SCALARS.items()},
}
GETTERS: dict[str, Any] = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
}
ARGUMENT = re.compile(
    r"^ {8}(?: {4})?(?P<name>\w+): \{\n\s+value: (?P<value>.*),\n\s+isBlock: (?P<block>true|false),\n"
    r'\s+type: "(?P<shape>\w+)",\n\s+storageClassType: "(?P<holds>\w+)"',
    re.MULTILINE,
)
FLAGGED = re.compile(
    r"// (?P<name>\w+) - computed: (?P<computed>\w+), optional: (?P<optional>\w+), required: (?P<required>\w+)\n"
    r"(?P<source>.*\n.*\n.*)"
)
COLLECTION = re.compile(r"new cdktn\.(?P<of>\w+?)(?P<kind>Map|List)\(")
OBJECTS = re.compile(r"new (?P<name>\w+?)List\(this")
GETTER = re.compile(r"get(?P<name>\w+?)Attribute\(")
CLASS = re.compile(r"^class (\w+) extends [\w.]+ \{$", re.MULTILINE)
TO_HCL = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
Schema = dict[str, Any]


class Source:
    """The JavaScript of one resource: its classes, and the functions that write its blocks."""

    def __init__(self, text: str) -> None:
        pieces = CLASS.split(text)
        self._classes = dict(zip(pieces[1::2], pieces[2::2], strict=True))
        self._blocks: dict[str, str] = dict(TO_HCL.findall(text))

    @cached_property
    def schema(self) -> Schema:
        """The block of the resource itself."""
        body = next(text for text in self._classes.values() if "static tfResourceType" in text)
        return self._block(body[body.index("synthesizeHclAttributes") :], body)

    def _block(self, arguments: str, flags: str) -> Schema:
        known = {found["name"]: found for found in ARGUMENT.finditer(arguments)}
        made: Schema = {"attributes": {}, "block_types": {}}
        for flag in FLAGGED.finditer(flags):
            argument = known.get(flag["name"])
            if argument is not None and argument["block"] == "true":
                made["block_types"][flag["name"]] = self._nested(argument, flag)
            else:
                made["attributes"][flag["name"]] = self._attribute(argument, flag)
        return made

    def _nested(self, argument: re.Match[str], flag: re.Match[str]) -> Schema:
        writer = re.search(r"(\w+)ToHclTerraform", argument["value"])
        if writer is None:
            raise ValueError(f"nothing writes the block {argument['name']}")
        is_struct = argument["shape"] == "struct"
        nested = {
            "block": self._block(self._blocks[writer[1]], self._reference(writer[1])),
            "nesting_mode": "single" if is_struct else argument["shape"],
            "min_items": int(flag["required"] == "true"),
        }
        return nested if is_struct or "listMapperHcl" in argument["value"] else {**nested, "max_items": 1}

    def _attribute(self, argument: re.Match[str] | None, flag: re.Match[str]) -> Schema:
        kind = TYPES.get(argument["holds"], "dynamic") if argument else self._computed(flag["source"])
        if argument and argument["shape"] == "set" and isinstance(kind, list):
            kind = ["set", kind[1]]
        return {"type": kind, **{name: flag[name] == "true" for name in ("computed", "optional", "required")}}

    def _computed(self, source: str) -> Any:
        """The type of what only the provider fills in, told by how the bindings read it."""
        if collection := COLLECTION.search(source):
            return [collection["kind"].lower(), GETTERS[collection["of"]]]
        if objects := OBJECTS.search(source):
            fields = FLAGGED.finditer(self._reference(objects["name"]))
            return ["list", ["object", {one["name"]: self._computed(one["source"]) for one in fields}]]
        getter = GETTER.search(source)
        return GETTERS.get(getter["name"], "dynamic") if getter else "dynamic"

    def _reference(self, name: str) -> str:
        return self._classes.get(f"{name[0].upper()}{name[1:]}OutputReference", "")


def read_schema(wheel: Path, wanted: frozenset[str]) -> Schema:
    """The schemas of the provider and of what is wanted (`data.NAME` for a data source), in Terraform's own form.

    Raises:
        ValueError: something that is wanted is not in the bindings.
    """
    made: Schema = {"provider": {"block": {}}, "resource_schemas": {}, "data_source_schemas": {}}
    for folder, text in _folders(wheel).items():
        named = re.search(r'static tfResourceType = "(\w+)"', text)
        if folder == "provider":
            made["provider"]["block"] = Source(text).schema
            made["provider"]["block"]["attributes"].pop("alias", None)
        elif named and f"{'data.' if folder.startswith('data-') else ''}{named[1]}" in wanted:
            kind = "data_source_schemas" if folder.startswith("data-") else "resource_schemas"
            made[kind][named[1]] = {"block": Source(text).schema}
    found = {*made["resource_schemas"], *(f"data.{name}" for name in made["data_source_schemas"])}
    if missing := wanted - found:
        raise ValueError(
            f"the bindings know no {', '.join(sorted(missing))}: a misspelt resource type, or a newer provider"
        )
    return made


def _folders(wheel: Path) -> dict[str, str]:
    """The JavaScript of each resource's folder; a large resource spans several files."""
    gathered: dict[str, str] = {}
    for folder, text in _scripts(wheel):
        gathered[folder] = gathered.get(folder, "") + text
    return gathered


def _scripts(wheel: Path) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(wheel) as packed:
        inner = next(name for name in packed.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(packed.read(inner))) as tar:
            for member in tar:
                parts = member.name.split("/")
                is_script = parts[:2] == ["package", "lib"] and len(parts) > 3 and member.name.endswith(".js")
                script = tar.extractfile(member) if is_script else None
                if script is not None:
                    yield parts[2], script.read().decode()
