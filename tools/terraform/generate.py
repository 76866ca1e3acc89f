"""Write what Terraform takes from the code: roles, filters, the stores' indexes, what is packed, its README's tables.

`python tools/terraform/generate.py` writes; a test compares. Nothing here is typed twice.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from reached import contents  # noqa: E402 - likewise

from shared.adapters import firestore_database as stored  # noqa: E402 - the checkout has to be on the path first
from shared.deploy.permissions import roles_document  # noqa: E402
from shared.deploy.sink_filter import TEMPLATE, self_filter, sink_filter  # noqa: E402

BLOCK = re.compile(r'^(?P<kind>variable|output) "(?P<name>\w+)" \{\n(?P<body>.*?)^\}', re.MULTILINE | re.DOTALL)
BEGIN, END = "<!-- generated: {} -->", "<!-- end -->"


def documents() -> dict[Path, str]:
    """Every generated file with what stands in it."""
    generated = ROOT / "terraform/generated"
    return {
        generated / "roles.json": _json(roles_document()),
        generated / "sink_filter.txt": sink_filter(TEMPLATE),
        generated / "own_filter.txt": self_filter(TEMPLATE) + "\n",
        generated / "store.json": _json(store_document()),
        ROOT / "terraform/archive/contents.json": _json(contents(ROOT)),
        ROOT / "terraform/README.md": readme((ROOT / "terraform/README.md").read_text()),
    }


def store_document() -> dict[str, Any]:
    """For each database: what expires, which queries need an index, and which fields need none.

    Raises:
        ValueError: an adapter has a collection that no database was chosen for.
    """
    tables = (stored.CLEANED_UP, stored.INDEXED_TOGETHER, stored.NOT_INDEXED)
    homeless = {group for table in tables for group in table} - {
        one for groups in stored.CONCERNS.values() for one in groups
    }
    if homeless:
        raise ValueError(
            f"in which database are {', '.join(sorted(homeless))}? Add them to CONCERNS of firestore_database"
        )
    return {
        concern: {
            "expires": stored.EXPIRES,
            "expiring": sorted(set(groups) & set(stored.CLEANED_UP)),
            "indexes": {one: fields for one, fields in stored.INDEXED_TOGETHER.items() if one in groups},
            "unindexed": {one: fields for one, fields in stored.NOT_INDEXED.items() if one in groups},
        }
        for concern, groups in stored.CONCERNS.items()
    }


def readme(text: str) -> str:
    """The README with its tables made again."""
    for kind, file in (("variable", "variables.tf"), ("output", "outputs.tf")):
        begin = BEGIN.format(f"{kind}s")
        before, _, rest = text.partition(begin)
        after = rest.partition(END)[2]
        text = f"{before}{begin}\n{table(kind, (ROOT / 'terraform' / file).read_text())}\n{END}{after}"
    return text


def table(kind: str, source: str) -> str:
    """A table of the variables, or the outputs, of a file."""
    found = [one for one in BLOCK.finditer(source) if one["kind"] == kind]
    head = (
        ["| variable | what | type | default |", "|---|---|---|---|"]
        if kind == "variable"
        else ["| output | what |", "|---|---|"]
    )
    return "\n".join([*head, *(_row(kind, one["name"], one["body"]) for one in found)])


def _row(kind: str, name: str, body: str) -> str:
    said = dict(_arguments(body))
    cells = [f"`{name}`", json.loads(said["description"])]
    if kind == "variable":
        cells += [f"`{said['type']}`", f"`{said['default']}`" if "default" in said else "required"]
    return f"| {' | '.join(cells)} |"


def _arguments(body: str) -> Iterator[tuple[str, str]]:
    """The arguments of a block as `terraform fmt` writes them; those of several lines on one."""
    lines = iter(body.splitlines())
    for line in lines:
        argument = re.match(r"^  (\w+)\s+= (.*)$", line)
        if argument is None:
            continue
        name, value = argument.groups()
        if value.endswith(("({", "{")):
            inner = [" ".join(one.split()) for one in iter(lambda: next(lines), "  })" if "(" in value else "  }")]
            value = f"{value} {', '.join(inner)} {'})' if '(' in value else '}'}"
        yield name, value


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


def main() -> None:
    """Write every file that has changed, and name it."""
    for file, text in documents().items():
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            sys.stdout.write(f"wrote {file.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
