"""The sink is wrong where it differs in one letter from what the code makes, and untold where it could not be read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from made_deployments import deployment, sink
from msgspec.structs import replace

from shared.doctor.finding import Severity
from shared.doctor.input import difference, sink_checks
from shared.model.deployment import Deployment, Sink, Untold


def severities(made: Deployment) -> set[Severity]:
    return {one.severity for one in sink_checks(made)}


def test_a_sink_with_the_filter_that_the_code_makes_is_fine() -> None:
    assert severities(deployment()) == {Severity.OK}


def test_line_breaks_and_blanks_of_a_filter_mean_nothing() -> None:
    made = sink()
    spread = replace(made, filter=made.filter.replace("\n  OR ", "  OR\n\n"))
    assert severities(deployment(sink=spread)) == {Severity.OK}


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda one: replace(one, filter=one.filter.replace("code=7", "code=8", 1)),
        lambda one: replace(one, filter=""),
        lambda one: replace(one, filter=one.filter + " AND severity>=ERROR"),
        lambda one: replace(one, disabled=True),
        lambda one: replace(one, children=False),
        lambda one: replace(one, destination="pubsub.googleapis.com/projects/other/topics/unforbid-denials"),
        lambda one: replace(one, exclusions={}),
        lambda one: replace(one, exclusions={"unforbid-self": "severity=ERROR"}),
    ],
)
def test_whatever_differs_is_wrong_and_terraform_mends_it(spoilt: Callable[[Sink], Sink]) -> None:
    wrong = [one for one in sink_checks(deployment(sink=spoilt(sink()))) if one.severity is Severity.WRONG]
    assert wrong
    assert {one.mend for one in wrong} == {"terraform apply -target='google_logging_organization_sink.denials'"}


def test_a_filter_that_leaves_out_one_function_of_ours_too_few_is_another_one() -> None:
    fewer = deployment("detect", sink=sink("detect"))
    more = deployment("detect", "approve", sink=sink("detect"))
    assert severities(fewer) == {Severity.OK}
    assert Severity.WRONG in severities(more)


def test_a_sink_of_a_project_needs_no_children() -> None:
    made = deployment()
    alone = replace(made, place=replace(made.place, watch="projects/acme-web"), sink=replace(sink(), children=False))
    assert severities(alone) == {Severity.OK}


def test_no_sink_is_wrong_and_one_that_may_not_be_read_is_not_told() -> None:
    assert severities(deployment(sink=None)) == {Severity.WRONG}
    (found,) = sink_checks(deployment(sink=Untold("x", permission="logging.sinks.get", on="organizations/1")))
    assert found.severity is Severity.UNTOLD
    assert found.mend == "run it as somebody who has logging.sinks.get on organizations/1"


def test_without_knowing_the_functions_the_filter_is_never_fine() -> None:
    assert Severity.OK not in severities(replace(deployment(), functions=Untold("no answer")))


def test_the_first_difference_is_shown_with_what_stands_around_it() -> None:
    assert difference("a AND b", "a AND c") == "at character 7 it has 'a AND b' where 'a AND c' belongs"
    assert difference("a", "a OR b") == "at character 2 it has 'a' where 'a OR b' belongs"
