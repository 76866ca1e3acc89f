"""What an offline check of Terraform stands on: wheels, virtual environments, providers that know their schema.

Everything lies in a cache outside the checkout (`UNFORBID_TERRAFORM_CACHE`, or the temporary directory), is made once,
and is asked of the package index through pip alone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from schema import read_schema

HERE = Path(__file__).resolve().parent
BINDINGS = {"google": "cdktn-provider-google==21.1.0", "archive": "cdktn-provider-archive==14.0.1"}
"""For each provider, the bindings that carry its schema: hashicorp/google 8.7.0, hashicorp/archive 2.7.1."""
PLUGIN = "tf==1.2.0"
CHECKOV = "checkov==3.3.30"
DECLARED = re.compile(r'^(?P<kind>resource|data) "(?P<type>(?P<provider>[a-z]+)_\w+)"', re.MULTILINE)


class Missing(Exception):  # noqa: N818 - a reason to stop, not an error
    """Something that the check needs cannot be had here; the words say what."""


class Workshop:
    """A place to check configurations in, for those that stand under one folder."""

    def __init__(self, terraform: Path) -> None:
        """Make what is missing.

        Raises:
            Missing: terraform, Python's packages or the package index are not there.
        """
        self.terraform = terraform
        self.program = shutil.which("terraform") or _raise("terraform is not installed")
        default = Path(tempfile.gettempdir()) / f"unforbid-terraform-{os.getuid()}"
        self._cache = Path(os.environ.get("UNFORBID_TERRAFORM_CACHE", default))
        self._cache.mkdir(parents=True, exist_ok=True)
        self._settings = self._providers()

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Terraform in a folder, with the providers that only know their schema."""
        environment = {
            **os.environ,
            "TF_CLI_CONFIG_FILE": str(self._settings),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "PATH": f"{self._python(PLUGIN).parent}{os.pathsep}{os.environ['PATH']}",
        }
        return _run([self.program, *arguments], folder, environment)

    def checkov(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run checkov in a folder, from an environment of its own."""
        return _run([str(self._python(CHECKOV).parent / "checkov"), *arguments], folder, dict(os.environ))

    def _providers(self) -> Path:
        """The CLI settings that point at the providers, which are made again when other resources are used."""
        overrides = []
        for provider, bindings in BINDINGS.items():
            folder = self._provider(provider, bindings)
            overrides.append(f'    "hashicorp/{provider}" = "{folder}"')
        settings = self._cache / "cli.tfrc"
        _replace(settings, "provider_installation {\n  dev_overrides {\n" + "\n".join(overrides) + "\n  }\n}\n")
        return settings

    def _provider(self, provider: str, bindings: str) -> Path:
        used = frozenset(name for name in _declared(self.terraform, provider))
        named = sha256(f"{bindings}\n{sorted(used)}\n{_digest(HERE / 'schema.py')}\n".encode()).hexdigest()[:12]
        folder = self._cache / f"{provider}-{named}"
        folder.mkdir(exist_ok=True)
        schema = folder / "schema.json"
        if not schema.exists():
            _replace(schema, json.dumps(read_schema(self._wheel(bindings), used)))
        program = folder / f"terraform-provider-{provider}"
        body = (HERE / "stub_provider.py").read_text()
        _replace(program, f"#!{self._python(PLUGIN)}\n{body}")
        program.chmod(0o755)
        return folder

    def _wheel(self, bindings: str) -> Path:
        stem = bindings.replace("-", "_").replace("==", "-")
        folder = self._cache / "wheels"
        found = [*folder.glob(f"{stem}-*.whl")]
        if not found:
            _pip(Path(sys.executable), "download", "--no-deps", "--dest", str(folder), bindings)
            found = [*folder.glob(f"{stem}-*.whl")]
        return found[0]

    def _python(self, package: str) -> Path:
        """The Python of an environment that holds one package, with what it needs; the environment is made once."""
        folder = self._cache / package.replace("==", "-")
        python = folder / "bin" / "python"
        done = folder / "ready"
        if not done.exists():
            _must([sys.executable, "-m", "venv", "--clear", str(folder)], "Python cannot make a virtual environment")
            _pip(python, "install", package)
            done.touch()
        return python


def _declared(terraform: Path, provider: str) -> Iterator[str]:
    """The resources and data sources of a provider that the configurations under a folder use."""
    for file in terraform.rglob("*.tf"):
        for found in DECLARED.finditer(file.read_text()):
            if found["provider"] == provider:
                yield f"data.{found['type']}" if found["kind"] == "data" else found["type"]


def _pip(python: Path, *arguments: str) -> None:
    quiet = ["--quiet", "--disable-pip-version-check"]
    _must([str(python), "-m", "pip", *arguments, *quiet], f"{arguments[-1]} cannot be had from the package index")


def _must(command: list[str], otherwise: str) -> None:
    done = _run(command, Path.cwd(), dict(os.environ))
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["without a word"])[-1]
        raise Missing(f"{otherwise}: {last}")


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the command is made of our own words, without a shell
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _replace(file: Path, text: str) -> None:
    """Write a file so that whoever reads it meanwhile sees the old one or the new one whole."""
    if file.exists() and file.read_text() == text:
        return
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.replace(file)


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def _raise(what: str) -> str:
    raise Missing(what)
