"""Check the Terraform of this repository offline: `python tools/terraform/check.py`. No project, no credentials.

It is formatted and generated files are current; it validates against the real schema of the provider; its tests pass
with mocked providers; each planted mistake is refused, or the check proves nothing; and every finding of checkov is
mended or answered. Where Terraform or the packages cannot be had, it says so in one line and ends well. With `--quick`
only the root is checked: its format, that it validates, and its tests.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from mistakes import MISTAKES, Mistake
from workshop import Missing, Workshop

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATIONS = (".", "archive", "examples/trial-project", "examples/organisation")
TESTED = (".", "archive")
NEEDED = ("terraform", "functions", "requirements.lock", "shared/model", "shared/moves", "shared/clicks.py")
"""What the configurations read; of shared/ a part is enough, and fast."""


class Result(NamedTuple):
    """One check: its name, and what is wrong, which is nothing where it passed."""

    name: str
    wrong: str = ""


def quick(shop: Workshop, copy: Path) -> Iterator[Result]:
    """What tells most in the least time."""
    yield _told("format", shop.run(shop.terraform, "fmt", "-check", "-recursive", "-no-color"))
    for command in ("get", "validate", "test"):
        yield _told(command, shop.run(copy, command, "-no-color"))


def checks(shop: Workshop, copy: Path) -> Iterator[Result]:
    """Every check, in an order in which the first that fails tells most."""
    yield _told("format", shop.run(shop.terraform, "fmt", "-check", "-recursive", "-no-color"))
    for folder in CONFIGURATIONS:
        yield _told(f"get {folder}", shop.run(copy / folder, "get", "-no-color"))
        yield _told(f"validate {folder}", shop.run(copy / folder, "validate", "-no-color"))
    for folder in TESTED:
        yield _told(f"test {folder}", shop.run(copy / folder, "test", "-no-color"))
    for mistake in MISTAKES:
        yield planted(shop, copy, mistake)
    yield answered(shop, copy)


def planted(shop: Workshop, copy: Path, mistake: Mistake) -> Result:
    """Whether a mistake is found, for its own reason; the file is put back."""
    file = copy / mistake.file
    before = file.read_text()
    if mistake.old not in before:
        return Result(f"mistake: {mistake.what}", f"{mistake.file} has no {mistake.old!r} to make it in")
    file.write_text(before.replace(mistake.old, mistake.new, 1))
    done = shop.run(copy, *mistake.command, "-no-color")
    file.write_text(before)
    said = " ".join(f"{done.stdout} {done.stderr}".replace("│", " ").split())
    if not done.returncode:
        return Result(f"mistake: {mistake.what}", "nothing found it")
    return Result(f"mistake: {mistake.what}", "" if mistake.told in said else f"found, but not told: {said[-600:]}")


def answered(shop: Workshop, copy: Path) -> Result:
    """Whether checkov has nothing to say that was not answered, and no answer is left over."""
    settings = copy / ".checkov.yaml"
    answers = dict(re.findall(r"^  - (CKV\w+) +# (.+)$", settings.read_text(), re.MULTILINE))
    settings.unlink()  # else checkov reads it itself, and nothing would tell an answer that is not needed any more
    arguments = ("-d", ".", "--framework", "terraform", "--skip-download", "--compact", "--quiet", "-o", "json")
    done = shop.checkov(copy, *arguments, "--skip-path", "tests", "--skip-path", ".terraform")
    if not done.stdout.strip().startswith(("{", "[")):
        return Result("checkov", (done.stderr or done.stdout)[-600:])
    told = json.loads(done.stdout)
    reports = told if isinstance(told, list) else [told]
    found = {one["check_id"]: one for report in reports for one in report["results"]["failed_checks"]}
    lines = [f"{name} {one['check_name']} at {one['resource']}" for name, one in found.items() if name not in answers]
    lines += [f"{name} is answered but was not found" for name in answers if name not in found]
    return Result("checkov", "\n".join(sorted(lines)))


def copied(into: Path) -> Path:
    """A copy of what the configurations read, so that the checkout stays as it is; where its Terraform lies."""
    for name in NEEDED:
        source, target = ROOT / name, into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".terraform", ".build"))
        else:
            shutil.copy(source, target)
    return into / "terraform"


def _told(name: str, done: object) -> Result:
    code, said = done.returncode, f"{done.stdout}{done.stderr}"  # type: ignore[attr-defined]
    return Result(name, said.strip() or f"ended with {code}" if code else "")


def main() -> int:
    """Print one line a check; 0 where all passed, or where nothing could be checked."""
    try:
        shop = Workshop(ROOT / "terraform")
        wrong = 0
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            some = quick if "--quick" in sys.argv[1:] else checks
            for result in some(shop, copied(Path(folder))):
                wrong += bool(result.wrong)
                sys.stdout.write(f"{'WRONG' if result.wrong else 'ok   '}  {result.name}\n{_indented(result.wrong)}")
                sys.stdout.flush()
        sys.stdout.write(f"{wrong} wrong, {time.monotonic() - began:.0f} s\n")
    except Missing as reason:
        sys.stdout.write(f"Terraform is not checked here: {reason}\n")
        return 0
    return bool(wrong)


def _indented(text: str) -> str:
    return "".join(f"       {line}\n" for line in text.splitlines())


if __name__ == "__main__":
    sys.exit(main())
