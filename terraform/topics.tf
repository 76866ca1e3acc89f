# One topic that only the sink may publish to, one push to `detect`, and a place for what could not be delivered.

resource "google_pubsub_topic" "denials" {
  project = var.project
  name    = "${var.name}-denials"
  labels  = var.labels

  message_retention_duration = "${var.limits.days_kept * 86400}s"

  depends_on = [google_project_service.needed]
}

resource "google_pubsub_topic_iam_member" "sink" {
  project = var.project
  topic   = google_pubsub_topic.denials.name
  role    = "roles/pubsub.publisher"
  member  = local.sink_writer
}

resource "google_pubsub_subscription" "denials" {
  project = var.project
  name    = "${var.name}-denials"
  topic   = google_pubsub_topic.denials.id
  labels  = var.labels

  ack_deadline_seconds       = 90 # longer than `detect` may take
  message_retention_duration = "${var.limits.days_kept * 86400}s"

  push_config {
    push_endpoint = local.urls["detect"]

    oidc_token {
      service_account_email = google_service_account.caller["push"].email
      audience              = local.urls["detect"]
    }
  }

  # Up to about eight hours of an outage are bridged before a message is set aside.
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead.id
    max_delivery_attempts = 50
  }

  expiration_policy {
    ttl = "" # never, however quiet it is
  }

  depends_on = [google_cloud_run_v2_service_iam_member.invoker]
}

resource "google_pubsub_topic" "dead" {
  project = var.project
  name    = "${var.name}-dead"
  labels  = var.labels

  message_retention_duration = "${var.limits.days_kept * 86400}s"

  depends_on = [google_project_service.needed]
}

# Nobody reads it but people; without a subscription, dead letters would be dropped.
resource "google_pubsub_subscription" "dead" {
  project = var.project
  name    = "${var.name}-dead"
  topic   = google_pubsub_topic.dead.id
  labels  = var.labels

  message_retention_duration = "${var.limits.days_kept * 86400}s"

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic_iam_member" "dead" {
  project = var.project
  topic   = google_pubsub_topic.dead.name
  role    = "roles/pubsub.publisher"
  member  = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "dead" {
  project      = var.project
  subscription = google_pubsub_subscription.denials.name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}

# The second input has a topic of its own, so that the sink stays the only publisher of the first.
resource "google_pubsub_topic" "counts" {
  count = var.count_refusals == null ? 0 : 1

  project = var.project
  name    = "${var.name}-counts"
  labels  = var.labels

  depends_on = [google_project_service.needed]
}

resource "google_pubsub_topic_iam_member" "counts" {
  count = var.count_refusals == null ? 0 : 1

  project = var.project
  topic   = google_pubsub_topic.counts[0].name
  role    = "roles/pubsub.publisher"
  member  = local.alert_agent
}

resource "google_pubsub_subscription" "counts" {
  count = var.count_refusals == null ? 0 : 1

  project = var.project
  name    = "${var.name}-counts"
  topic   = google_pubsub_topic.counts[0].id
  labels  = var.labels

  ack_deadline_seconds = 90

  push_config {
    push_endpoint = local.urls["detect"]

    oidc_token {
      service_account_email = google_service_account.caller["push"].email
      audience              = local.urls["detect"]
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead.id
    max_delivery_attempts = 50
  }

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription_iam_member" "counts" {
  count = var.count_refusals == null ? 0 : 1

  project      = var.project
  subscription = google_pubsub_subscription.counts[0].name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}
