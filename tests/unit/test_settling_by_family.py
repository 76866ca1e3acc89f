"""An answer may reach the function of any family: it is settled alike, and never by what that function lacks."""

from __future__ import annotations

import pytest
from polling import BUCKET, Polls

from shared.execution.families import Families
from shared.model.approval import State
from shared.model.family import FAMILIES


@pytest.fixture
def agreed() -> Polls:
    """Enough people have said yes to a grant, and the function that hears of it may set no policy."""
    polls = Polls()
    polls.ask()
    polls.say("ann")
    polls.say("sue")
    polls.bench.google.lacks.add((BUCKET, "setIamPolicy"))
    return polls


@pytest.mark.parametrize("own", ["api", "compute", "ends"])
def test_what_another_family_carries_out_is_not_refused_for_what_this_one_lacks(agreed: Polls, own: str) -> None:
    told = agreed.settle(shop=agreed.bench.shop(families=Families(own=(own,), on=FAMILIES)))
    assert told.state is State.CONSUMED
    assert agreed.fixes() == [told.fix]


def test_what_our_own_family_lacks_is_refused_before_anything_begins(agreed: Polls) -> None:
    told = agreed.settle(shop=agreed.bench.shop(families=Families(own=("iam",), on=FAMILIES)))
    assert told.state is State.REFUSED
    assert "it lacks setIamPolicy" in told.said
    assert agreed.fixes() == []


def test_what_no_function_carries_out_is_refused_and_says_so(agreed: Polls) -> None:
    told = agreed.settle(shop=agreed.bench.shop(families=Families(own=("api",), on=("api", "compute"))))
    assert told.state is State.REFUSED
    assert told.said.endswith("fixes of the family iam are not switched on here")
    assert agreed.fixes() == []
