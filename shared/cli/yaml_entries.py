"""What `gcloud logging read` prints when nobody asks for JSON: log entries in YAML, `---` between them."""

from __future__ import annotations

import json
from typing import Any

import yaml

from shared.errors import Unreadable

FIRST_FIELDS = (b"insertId:", b"logName:", b"protoPayload:", b"textPayload:", b"jsonPayload:", b"httpRequest:")


class _Loader(yaml.CSafeLoader):
    """YAML as gcloud writes it: times stay text, a key is said once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(keys) != len(set(keys)):
            raise Unreadable("says one key twice")
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:timestamp"]
    for first, forms in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def is_yaml(data: bytes) -> bool:
    """Whether text is one or more log entries in YAML: at least two fields of an entry stand at the start of a line."""
    lines = [line for line in data.split(b"\n") if line.startswith(FIRST_FIELDS)]
    return len({line.partition(b":")[0] for line in lines}) > 1


def yaml_entries(data: bytes) -> list[bytes]:
    """Each entry as JSON, in order.

    Raises:
        Unreadable: not YAML, or with references, which gcloud never writes and which could grow without bound.
    """
    try:
        text = data.decode("utf-8")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_Loader)):
            raise Unreadable("YAML with references is not read")
        documents = list(yaml.load_all(text, Loader=_Loader))
        return [json.dumps(document).encode() for document in documents if document is not None]
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError, TypeError) as error:
        raise Unreadable(f"not YAML: {' '.join(str(error).split())[:200]}") from error
