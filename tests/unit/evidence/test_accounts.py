"""Accounts: that one is missing or disabled is a cause by itself; that it is there refutes what a text says."""

from __future__ import annotations

import pytest
from entries import PROJECT, audit, on_vm
from fakes.facts import GIVEN, FakeFacts, looked

BOT = f"bot@{PROJECT}.iam.gserviceaccount.com"
TOKEN = "iam.serviceAccounts.getAccessToken"
IMPERSONATES = audit(
    permission=TOKEN, resource=f"projects/-/serviceAccounts/{BOT}", service="iamcredentials.googleapis.com"
)
SAID_DISABLED = on_vm(f"Service account {BOT} is disabled: invalid_grant account disabled")


def test_a_target_account_that_does_not_exist_looks_like_a_missing_role() -> None:
    facts = FakeFacts()
    facts.remove(BOT)
    told = looked(IMPERSONATES, facts)
    assert (told.cause, told.proven) == ("iam.not_found", "yes")
    assert [one.changes for one in told.plan] == [False]


def test_a_target_account_that_is_disabled_is_told_before_a_missing_role_and_nothing_is_granted_on_it() -> None:
    facts = FakeFacts()
    facts.disabled.add(BOT)
    told = looked(IMPERSONATES, facts)
    assert (told.cause, told.proven, told.decision.mode) == ("principal.disabled", "yes", "refuse")
    assert [one.cause for one in told.also] == ["imp.token"]
    assert not any(one.changes for one in told.plan)


def test_an_account_that_a_text_calls_disabled_is_believed_only_if_it_is() -> None:
    facts = FakeFacts()
    told = looked(SAID_DISABLED, facts)
    assert (told.cause, told.proven) == ("principal.disabled", "no")
    assert "is enabled" in told.plan[0].why
    facts.disabled.add(BOT)
    assert looked(SAID_DISABLED, facts).proven == "yes"


def test_an_account_that_a_text_calls_disabled_and_that_is_gone_was_deleted() -> None:
    facts = FakeFacts()
    facts.remove(BOT)
    told = looked(SAID_DISABLED, facts)
    assert (told.cause, told.proven) == ("principal.deleted", "yes")


@pytest.mark.parametrize(
    "account", ["12-compute@developer.gserviceaccount.com", f"{PROJECT}@appspot.gserviceaccount.com"]
)
def test_a_default_account_that_was_deleted_is_missed_as_well(account: str) -> None:
    facts = FakeFacts()
    facts.seen[TOKEN] = GIVEN
    facts.remove(account)
    entry = audit(permission="storage.objects.get", resource="projects/_/buckets/b", principal=account)
    assert looked(entry, facts).cause == "principal.deleted"
