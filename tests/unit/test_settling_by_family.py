"""An answer may reach the function of any family: it is settled alike, and never by what that function lacks."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from polling import BUCKET, Polls

from shared import errands
from shared.errands import Errands
from shared.execution.families import Families
from shared.model.approval import State
from shared.model.decision import AUTO
from shared.model.family import FAMILIES
from shared.model.items import FOLLOWED


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


@pytest.mark.parametrize(("on", "begun"), [(("api",), 0), (("api", "iam"), 1)])
def test_what_a_rule_permits_is_begun_only_where_a_function_carries_it_out(
    monkeypatch: pytest.MonkeyPatch, on: tuple[str, ...], begun: int
) -> None:
    polls = Polls(rules=("reports",))
    polls.decision = replace(polls.decision, mode=AUTO)
    shown: list[str] = []
    monkeypatch.setattr(errands, "follow_again", lambda *_: polls.prepared())
    monkeypatch.setattr(errands, "shown", lambda run, _: shown.append(run))
    shop = polls.bench.shop(families=Families(own=("api",), on=on))
    done = Errands(desk=shop, proofs={})  # type: ignore[arg-type]  # of the desk only its queue is used
    done.run(f"{FOLLOWED}r-1", shop)
    assert len(polls.fixes()) == len(shown) == begun
