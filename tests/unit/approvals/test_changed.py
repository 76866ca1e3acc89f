"""What has changed since people were asked is told in words, and what only the clock changes is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes.clock import START
from msgspec.structs import replace

from shared.approvals.changed import changed
from shared.model.facts import Condition
from shared.model.names import Role
from shared.model.work import Access, Attached, Enable, Grant, MachineName, Work

GRANT = Grant(resource="//r", role=Role("roles/a"), member="user:eve@example.com", until=START, role_digest="d1")
API = Enable(project="projects/p", service="run.googleapis.com")
VM = MachineName(project="p", zone="z", name="vm", id="55")
ACCESS = Access(machine=VM, account="a@p", scopes=("s",), was=Attached(account="b@p", scopes=()))


@pytest.mark.parametrize(
    ("shown", "now", "said"),
    [
        ((GRANT,), (replace(GRANT, role=Role("roles/b")),), "role was roles/a and is roles/b"),
        ((GRANT,), (replace(GRANT, role_digest="d2"),), "role_digest was d1 and is d2"),
        ((GRANT,), (GRANT, API), "new: enable projects/p run.googleapis.com"),
        ((GRANT, API), (GRANT,), "gone: enable projects/p run.googleapis.com"),
        ((GRANT,), (), "gone: grant //r roles/a user:eve@example.com d1"),
        ((API,), (GRANT,), "enable projects/p run.googleapis.com has become grant //r roles/a user:eve@example.com d1"),
        ((ACCESS,), (replace(ACCESS, scopes=("s", "t")),), "scopes was ('s',) and is ('s', 't')"),
    ],
)
def test_a_change_is_named(shown: tuple[Work, ...], now: tuple[Work, ...], said: str) -> None:
    assert changed(shown, now) == said


def test_every_change_is_named() -> None:
    other = replace(GRANT, role=Role("roles/b"), member="user:bob@example.com")
    assert changed((GRANT, API), (other,)).count(";") == 2


def test_the_time_alone_is_no_change() -> None:
    later = replace(GRANT, until=START + timedelta(hours=1), condition=Condition(title="t", expression="e"))
    assert changed((GRANT,), (later,)) == changed((), ())
    assert "a fix of this run was begun since" in changed((GRANT,), (later,))


def test_a_long_word_is_cut() -> None:
    assert len(changed((GRANT,), (replace(GRANT, member="user:" + "x" * 9_999),))) < 300
