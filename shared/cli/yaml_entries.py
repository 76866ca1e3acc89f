"""What `gcloud logging read` prints when nobody asks for JSON: log entries in YAML, `---` between them."""

from __future__ import annotations

import json
from typing import Any

import yaml

from shared.errors import Unreadable

FIELDS = frozenset(
    b"insertId logName protoPayload textPayload jsonPayload httpRequest resource timestamp receiveTimestamp severity "
    b"labels operation trace spanId traceSampled sourceLocation split errorGroups apphub apphubDestination".split()
)
"""What may stand at the start of a line: the fields of a LogEntry."""
MOST_DEPTH = 40


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
    """Whether text is log entries in YAML: every line that is not indented begins with a field of an entry."""
    lines = {line.partition(b":")[0] for line in data.splitlines() if line[:1] not in (b"", b" ") and line != b"---"}
    return len(lines) > 1 and lines <= FIELDS


def yaml_entries(data: bytes) -> list[bytes]:
    """Each entry as JSON, in order.

    Raises:
        Unreadable: not YAML, or with references, which gcloud never writes and which could grow without bound.
    """
    try:
        text = data.decode("utf-8")
        _refuse_growth(text)
        documents = list(yaml.load_all(text, Loader=_Loader))
        return [json.dumps(document).encode() for document in documents if document is not None]
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError, TypeError) as error:
        raise Unreadable(f"not YAML: {' '.join(str(error).split())[:200]}") from error


def _refuse_growth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable("YAML with references is not read")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise Unreadable(f"nested more than {MOST_DEPTH} deep")
