"""The page of refusals is true: the code says each of its sentences, a test has made it say so, and none is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ANY = "…"
ENOUGH, MOST_OF_IT = 12, 20
"""So many letters of a sentence's own tell it from others: in a test that quotes a piece of it, and in the code."""
ROOMS = (
    "moves/floor.py",
    "moves/means.py",
    "moves/bindings.py",
    "machines/conditions.py",
    "machines/ownership.py",
    "machines/interruption.py",
)
"""Files whose every sentence is a refusal, or a warning, and stands on the page."""
NAMES_ONLY = 5
"""Of fewer words are names, statuses and parts of a list."""


def sentences(root: Path) -> list[str]:
    """The sentences of the page: the cell of each row that is neither short nor a place."""
    rows = [line.strip("| ").split(" | ") for line in (root / "docs/refusals.md").read_text().splitlines()]
    return [_sentence(row) for row in rows if len(row) > 1 and row[0] not in NO_ROWS and not row[0].startswith("---")]


NO_ROWS = ("planning", "gate", "approval", "precondition", "Google", "Refused at", "refused", "what", "what happens")


def _sentence(row: list[str]) -> str:
    return row[2] if row[0].startswith("`vm.") else row[1]


@cache
def written(folder: Path) -> tuple[str, ...]:
    """Every text in the code of a folder, with `…` for what is put in; docstrings are not among it."""
    return tuple(text for file in sorted(folder.rglob("*.py")) for text in texts(ast.parse(file.read_text())))


def texts(tree: ast.AST) -> Iterator[str]:
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    plain = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else ANY for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts | plain:
            yield node.value.replace("{role}", ANY)


def is_said(sentence: str, text: str) -> bool:
    """Whether a text of the code is the sentence, or has it in it."""
    if len(sentence.replace(ANY, "")) >= ENOUGH and sentence in text:
        return True
    pattern = ".*".join(map(re.escape, text.split(ANY)))
    return len(text.replace(ANY, "")) >= MOST_OF_IT and re.fullmatch(pattern, sentence) is not None


def is_quoted(sentence: str, quotes: tuple[str, ...]) -> bool:
    """Whether a test quotes the sentence: a long piece of it, whole or in part."""
    own = [piece for piece in pieces(sentence) if len(piece) >= ENOUGH]
    return any(quote in sentence or any(piece in quote for piece in own) for quote in quotes)


def is_shown(sentence: str, texts: tuple[str, ...]) -> bool:
    """Whether a test has all of the sentence, with names put in."""
    pattern = re.compile(".*".join(map(re.escape, sentence.split(ANY))))
    return any(pattern.fullmatch(text) for text in texts)


def pieces(text: str) -> list[str]:
    return [piece.strip(" :;,.()") for piece in text.split(ANY)]


def test_the_code_says_every_sentence_of_the_page(root: Path) -> None:
    said = written(root / "shared")
    missing = [one for one in sentences(root) if not any(is_said(one, text) for text in said)]
    assert missing == []


def test_a_test_has_made_the_code_say_every_sentence_of_the_page(root: Path) -> None:
    whole = written(root / "tests")
    quotes = tuple(piece for text in whole for piece in pieces(text) if len(piece) >= ENOUGH)
    missing = [one for one in sentences(root) if not is_quoted(one, quotes) and not is_shown(one, whole)]
    assert missing == []


def test_no_refusal_of_these_files_is_left_out(root: Path) -> None:
    page = (root / "docs/refusals.md").read_text()
    shown = sentences(root)
    for name in ROOMS:
        for text in texts(ast.parse((root / "shared" / name).read_text())):
            is_sentence = len(text.replace(ANY, "").split()) > NAMES_ONLY
            found = text.strip(" ;") in page or any(is_said(one, text) for one in shown)
            assert not is_sentence or found or name in LISTS, f"{name}: {text}"


LISTS = ("machines/ownership.py",)
"""Its tables of owners, and of what to do instead, stand behind one sentence each."""


def test_the_page_has_all_of_it(root: Path) -> None:
    assert len(sentences(root)) > 100


def test_the_guard_knows_a_sentence_that_nobody_says() -> None:
    assert not is_said("the moon is full, so nothing is done", "… is …: …")
    assert not is_said("the moon is full, so nothing is done", "the moon is new, so nothing is done")
    assert is_said("… is not active", "x is not active") is False
    assert is_said("the policy of … names … members", "the policy of … names … members of at most …: clean it up")
    assert not is_quoted("the moon is full, so nothing is done", ("the sun is down",))
