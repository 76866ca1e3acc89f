"""Pub/Sub in the sandbox: messages go where they should, for those who may, and policies behave like Google's."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core import exceptions
from worlds import Cloud, add_account, grant

from sandbox.services.pubsub import add_subscription, add_topic
from sandbox.world import Resource

EMAIL = "shop@acme-web.iam.gserviceaccount.com"
WRITER = f"serviceAccount:{EMAIL}"
PATH = "projects/acme-web/topics/orders"
BILLS = "projects/acme-web/subscriptions/bills"


@pytest.fixture
def topic(cloud: Cloud) -> Resource:
    add_account(cloud.world, EMAIL)
    made = add_topic(cloud.world, "acme-web", "orders")
    add_subscription(cloud.world, made, "bills")
    return made


def publish(cloud: Cloud) -> Any:
    publisher = cloud.clients(f"as:{WRITER}").publisher
    return publisher.publish(PATH, b"one pear").result(timeout=10)


def test_a_publisher_without_a_role_is_refused_without_a_word_of_the_permission(cloud: Cloud, topic: Resource) -> None:
    with pytest.raises(exceptions.Forbidden, match="User not authorized to perform this action"):
        publish(cloud)
    payload = cloud.world.entries[-1]["protoPayload"]
    assert payload["methodName"] == "google.pubsub.v1.Publisher.Publish"
    assert payload["authorizationInfo"][0]["permission"] == "pubsub.topics.publish"
    assert cloud.world.entries[-1]["resource"]["labels"]["topic_id"] == topic.body["name"]


def test_a_published_message_waits_in_the_subscription_until_it_is_acknowledged(cloud: Cloud, topic: Resource) -> None:
    grant(cloud.world, topic.name, "roles/pubsub.publisher", WRITER)
    grant(cloud.world, f"//pubsub.googleapis.com/{BILLS}", "roles/pubsub.subscriber", WRITER)
    publish(cloud)
    subscriber = cloud.clients(f"as:{WRITER}").subscriber
    first = subscriber.pull(request={"subscription": BILLS, "max_messages": 5}).received_messages
    assert [one.message.data for one in first] == [b"one pear"]
    subscriber.acknowledge(request={"subscription": BILLS, "ack_ids": [first[0].ack_id]})
    assert not subscriber.pull(request={"subscription": BILLS, "max_messages": 5}).received_messages


def test_a_role_on_the_topic_does_not_open_its_subscriptions(cloud: Cloud, topic: Resource) -> None:
    grant(cloud.world, topic.name, "roles/pubsub.subscriber", WRITER)
    with pytest.raises(exceptions.Forbidden):
        cloud.clients(f"as:{WRITER}").subscriber.pull(request={"subscription": BILLS, "max_messages": 1})


def test_a_topic_and_a_subscription_can_be_looked_at(cloud: Cloud, topic: Resource) -> None:
    assert cloud.clients().publisher.get_topic(request={"topic": PATH}).name == topic.body["name"]
    assert cloud.clients().subscriber.get_subscription(request={"subscription": BILLS}).topic == PATH


def test_whoever_wrote_first_makes_the_next_writes_stale(cloud: Cloud, topic: Resource) -> None:
    publisher = cloud.clients().publisher
    topic.hidden["conflicts"] = 2
    for _ in range(2):
        policy = publisher.get_iam_policy(request={"resource": PATH})
        with pytest.raises(exceptions.Conflict, match="concurrent policy changes"):
            publisher.set_iam_policy(request={"resource": PATH, "policy": policy})
    policy = publisher.get_iam_policy(request={"resource": PATH})
    assert publisher.set_iam_policy(request={"resource": PATH, "policy": policy}).etag != policy.etag


@pytest.mark.usefixtures("topic")
def test_the_policy_of_a_topic_takes_no_condition(cloud: Cloud) -> None:
    publisher = cloud.clients().publisher
    policy = publisher.get_iam_policy(request={"resource": PATH})
    policy.version = 3
    binding = policy.bindings.add(role="roles/pubsub.publisher", members=[WRITER])
    binding.condition.expression = "true"
    with pytest.raises(exceptions.BadRequest, match="not supported"):
        publisher.set_iam_policy(request={"resource": PATH, "policy": policy})


def test_a_caller_can_ask_which_permissions_it_has(cloud: Cloud, topic: Resource) -> None:
    grant(cloud.world, topic.name, "roles/pubsub.publisher", WRITER)
    asked = {"resource": PATH, "permissions": ["pubsub.topics.publish", "pubsub.topics.delete"]}
    answer = cloud.clients(f"as:{WRITER}").publisher.test_iam_permissions(request=asked)
    assert list(answer.permissions) == ["pubsub.topics.publish"]
