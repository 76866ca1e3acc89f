"""The schema of a provider, read out of its bindings: what is required, computed, a block, and of which type."""

from __future__ import annotations

import importlib.util
import io
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

THING = """
class ThingRuleOutputReference extends cdktn.ComplexObject {
    // many - computed: false, optional: true, required: false
    _many;
    get many() {
        return this.getListAttribute('many');
    }
}
class Thing extends cdktn.TerraformResource {
    static tfResourceType = "google_thing";
    // etag - computed: true, optional: false, required: false
    get etag() {
        return this.getStringAttribute('etag');
    }
    // name - computed: false, optional: false, required: true
    _name;
    get name() {
        return this.getStringAttribute('name');
    }
    // members - computed: false, optional: true, required: false
    _members;
    get members() {
        return cdktn.Fn.tolist(this.getListAttribute('members'));
    }
    // rule - computed: false, optional: false, required: true
    _rule = new ThingRuleOutputReference(this, "rule");
    get rule() {
        return this._rule;
    }
    synthesizeHclAttributes() {
        const attrs = {
            name: {
                value: cdktn.stringToHclTerraform(this._name),
                isBlock: false,
                type: "simple",
                storageClassType: "string",
            },
            members: {
                value: cdktn.listMapperHcl(cdktn.stringToHclTerraform, false)(this._members),
                isBlock: false,
                type: "set",
                storageClassType: "stringList",
            },
            rule: {
                value: thingRuleToHclTerraform(this._rule.internalValue),
                isBlock: true,
                type: "list",
                storageClassType: "ThingRuleList",
            },
        };
    }
}
function thingRuleToHclTerraform(struct) {
    const attrs = {
        many: {
            value: cdktn.listMapperHcl(cdktn.numberToHclTerraform, false)(struct.many),
            isBlock: false,
            type: "list",
            storageClassType: "numberList",
        },
    };
}
"""


def tool(root: Path, name: str) -> ModuleType:
    """A module of tools/terraform, loaded by its path."""
    spec = importlib.util.spec_from_file_location(f"terraform_{name}", root / f"tools/terraform/{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Bindings of a provider with one resource."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as tar:
        member = tarfile.TarInfo("package/lib/thing/index.js")
        member.size = len(THING)
        tar.addfile(member, io.BytesIO(THING.encode()))
    packed = tmp_path / "bindings.whl"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("bindings/_jsii/bindings.jsii.tgz", inner.getvalue())
    return packed


def test_arguments_have_their_types_and_duties(root: Path, wheel: Path) -> None:
    block = tool(root, "schema").read_schema(wheel, frozenset({"google_thing"}))["resource_schemas"]["google_thing"][
        "block"
    ]
    told = block["attributes"]
    assert told["name"] == {"type": "string", "computed": False, "optional": False, "required": True}
    assert told["etag"] == {"type": "string", "computed": True, "optional": False, "required": False}
    assert told["members"]["type"] == ["set", "string"]


def test_a_block_that_may_stand_once_says_so(root: Path, wheel: Path) -> None:
    block = tool(root, "schema").read_schema(wheel, frozenset({"google_thing"}))["resource_schemas"]["google_thing"][
        "block"
    ]
    rule = block["block_types"]["rule"]
    assert (rule["nesting_mode"], rule["min_items"], rule["max_items"]) == ("list", 1, 1)
    assert rule["block"]["attributes"]["many"]["type"] == ["list", "number"]


def test_a_resource_that_the_bindings_do_not_know_is_named(root: Path, wheel: Path) -> None:
    with pytest.raises(ValueError, match="google_thimg"):
        tool(root, "schema").read_schema(wheel, frozenset({"google_thimg"}))
