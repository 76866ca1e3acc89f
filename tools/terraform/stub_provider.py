"""A Terraform provider that only knows its schema: started by Terraform from a folder that has a `schema.json`.

It says yes to every validation, and refuses to plan, read or apply: `terraform test` mocks that. Runs in its own
virtual environment, because the package `tf` wants an older protobuf.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import grpc
import tf.provider
from tf import runner
from tf.gen import tfplugin_pb2 as wire

SCHEMA = json.loads(Path(sys.argv[0]).resolve().with_name("schema.json").read_text())
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
HARMLESS = ("Validate", "Configure", "GetMetadata", "Stop")


def _block(said: dict[str, Any]) -> Any:
    flags = ("required", "optional", "computed")
    return wire.Schema.Block(
        attributes=[
            wire.Schema.Attribute(name=name, type=json.dumps(one["type"]).encode(), **{f: one[f] for f in flags})
            for name, one in said["attributes"].items()
        ],
        block_types=[
            wire.Schema.NestedBlock(
                type_name=name,
                block=_block(one["block"]),
                nesting=NESTING[one["nesting_mode"]],
                min_items=one["min_items"],
                max_items=one.get("max_items", 0),
            )
            for name, one in said["block_types"].items()
        ],
    )


def _all(kind: str) -> dict[str, Any]:
    return {name: wire.Schema(block=_block(one["block"])) for name, one in SCHEMA[kind].items()}


class KnowsItsSchema:
    """Answers Terraform's questions about the schema; every other call is harmless or refused."""

    def __init__(self, _: Any) -> None:
        """Take what the runner hands over, and need none of it."""

    def GetProviderSchema(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - the name is the protocol's
        """The schema of the provider and of everything in it."""
        return wire.GetProviderSchema.Response(
            provider=wire.Schema(block=_block(SCHEMA["provider"]["block"])),
            provider_meta=wire.Schema(block=wire.Schema.Block()),
            resource_schemas=_all("resource_schemas"),
            data_source_schemas=_all("data_source_schemas"),
        )

    def __getattr__(self, name: str) -> Any:
        """What answers a call of the protocol: "fine" to validations, a refusal to all that would do something."""
        if not name[0].isupper():
            raise AttributeError(name)
        if name.startswith(HARMLESS):
            return lambda _request, _context: getattr(wire, name).Response()
        return lambda _request, context: context.abort(
            grpc.StatusCode.UNIMPLEMENTED, f"{name}: only the schema is known"
        )


tf.provider.ProviderServicer = KnowsItsSchema
runner.run_provider(None, sys.argv)
