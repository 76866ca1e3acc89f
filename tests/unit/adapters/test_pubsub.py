"""The policies of topics and subscriptions, read through Google's own clients."""

from __future__ import annotations

import pytest
from looks import OUTAGES, fails, finds_nothing, refused
from worlds import Cloud, grant

from sandbox.faults import FaultKind
from sandbox.services.pubsub import add_subscription, add_topic
from sandbox.world import Resource
from shared.adapters import pubsub
from shared.errors import LookFailed

TOPIC = "//pubsub.googleapis.com/projects/acme-web/topics/orders"
WRITER = "serviceAccount:shop@acme-web.iam.gserviceaccount.com"


@pytest.fixture
def subscription(cloud: Cloud) -> Resource:
    return add_subscription(cloud.world, add_topic(cloud.world, "acme-web", "orders"), "bills")


@pytest.mark.usefixtures("subscription")
def test_the_policy_of_a_topic_is_read_with_its_etag(cloud: Cloud) -> None:
    grant(cloud.world, TOPIC, "roles/pubsub.publisher", WRITER)
    policy = pubsub.policy(cloud.clients(), TOPIC)
    assert [(one.role, one.members, one.condition) for one in policy.bindings] == [
        ("roles/pubsub.publisher", (WRITER,), None)
    ]
    assert (policy.resource, policy.etag) == (TOPIC, cloud.world.resources[TOPIC].policy()["etag"])


def test_the_policy_of_a_subscription_is_its_own_and_not_the_topics(cloud: Cloud, subscription: Resource) -> None:
    grant(cloud.world, TOPIC, "roles/pubsub.publisher", WRITER)
    assert pubsub.policy(cloud.clients(), subscription.name).bindings == ()


@pytest.mark.parametrize("kind", ["topics/orders", "subscriptions/bills"])
@pytest.mark.usefixtures("subscription")
def test_a_refusal_names_the_permission_that_is_missing(cloud: Cloud, kind: str) -> None:
    name = f"//pubsub.googleapis.com/projects/acme-web/{kind}"
    needed = f"pubsub.{kind.partition('/')[0]}.getIamPolicy"
    assert refused(cloud, needed, lambda: pubsub.policy(cloud.clients(), name)).permission == needed


def test_what_does_not_exist_is_said_not_to(cloud: Cloud) -> None:
    assert "does not exist" in finds_nothing(lambda: pubsub.policy(cloud.clients(), TOPIC))


@pytest.mark.parametrize("fault", OUTAGES)
@pytest.mark.usefixtures("subscription")
def test_without_a_usable_answer_the_look_has_failed(cloud: Cloud, fault: FaultKind) -> None:
    fails(cloud, "pubsub.projects.topics.getIamPolicy", fault, lambda: pubsub.policy(cloud.clients(), TOPIC))


@pytest.mark.parametrize("name", ["projects/acme-web/schemas/s", "projects/acme-web/topics", "projects/acme-web"])
def test_a_name_of_another_type_is_a_mistake_of_ours(cloud: Cloud, name: str) -> None:
    with pytest.raises(ValueError, match="is no resource of pubsub"):
        pubsub.policy(cloud.clients(), f"//pubsub.googleapis.com/{name}")
    assert cloud.world.calls == []


@pytest.mark.parametrize("topic", ["a%2Fb", "a?b=c", "a b", "..", "t#x", "é", "x" * 2_000])
def test_nothing_is_asked_about_a_name_that_no_topic_can_have(cloud: Cloud, topic: str) -> None:
    with pytest.raises(LookFailed, match="no resource has such a name"):
        pubsub.policy(cloud.clients(), f"//pubsub.googleapis.com/projects/acme-web/topics/{topic}")
    assert cloud.world.calls == []
