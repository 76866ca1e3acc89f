# What unforbid tells about itself, counted from its own log lines and Google's metrics, and when somebody is to be told.

locals {
  our_lines  = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=~\"^${var.name}-\""
  own_caller = "protoPayload.authenticationInfo.principalEmail=(${local.own.accounts})"

  # Counted log lines; a label or a value is taken out of the line where one is named.
  metrics = {
    denials  = { what = "Denials, each once", filter = "jsonPayload.event=\"detect\" AND jsonPayload.outcome=\"run\"", label = "cause", value = "" }
    handled  = { what = "Messages, by what became of them", filter = "jsonPayload.event=\"detect\"", label = "outcome", value = "" }
    decided  = { what = "Decisions about denials", filter = "jsonPayload.event=\"detect\" AND jsonPayload.mode:*", label = "mode", value = "" }
    errors   = { what = "Log lines of errors", filter = "severity>=ERROR", label = "event", value = "" }
    fixes    = { what = "Steps of fixes, by how the fix stands", filter = "jsonPayload.event=\"execute\"", label = "outcome", value = "" }
    fix_time = { what = "Seconds from a fix's beginning to its end", filter = "jsonPayload.event=\"execute\" AND jsonPayload.took_seconds>=0", label = "", value = "took_seconds" }
    sweeps   = { what = "Sweeps", filter = "jsonPayload.event=\"sweep\"", label = "outcome", value = "" }
    failed   = { what = "Sweeps that could not do all that was due", filter = "jsonPayload.event=\"sweep\" AND jsonPayload.failed>0", label = "", value = "" }
    stopped  = { what = "Machines that a sweep found stopped and had to start", filter = "jsonPayload.event=\"sweep\" AND jsonPayload.started>0", label = "", value = "" }
    waiting  = { what = "Approvals that are open", filter = "jsonPayload.event=\"sweep\" AND jsonPayload.open_approvals>=0", label = "", value = "open_approvals" }
    paused   = { what = "Sweeps that found changes stopped by a person", filter = "jsonPayload.event=\"sweep\" AND jsonPayload.paused>0", label = "", value = "" }
    unseen   = { what = "Cards that Slack did not take", filter = "severity>=ERROR AND jsonPayload.not_shown:*", label = "", value = "" }
    differs  = { what = "Changes on which the journal and Google's audit log do not agree", filter = "jsonPayload.event=\"differs\"", label = "what", value = "" }
    unread   = { what = "Days of which not everything could be compared with Google's audit log", filter = "jsonPayload.event=\"not_compared\"", label = "", value = "" }
    budgets  = { what = "Fixes that a budget or a breaker held back", filter = "jsonPayload.event=\"execute\" AND jsonPayload.held:*", label = "held", value = "" }
  }

  ours    = "metric.type=\"logging.googleapis.com/user/${var.name}"
  on_runs = "resource.type=\"cloud_run_revision\""

  # When somebody is told. `above` is the number that is still well.
  alerts = merge(
    {
      dead = {
        what   = "Denials could not be delivered"
        filter = "metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"${google_pubsub_subscription.dead.name}\""
        align  = "ALIGN_MAX", above = 0, lasting = "0s", severity = "ERROR"
        do     = "Messages lie in the subscription ${google_pubsub_subscription.dead.name}. The errors of ${var.name}-detect say why; afterwards they can be published to ${google_pubsub_topic.denials.name} again."
      }
      own_refusals = {
        what   = "unforbid was refused a call of its own"
        filter = "${local.ours}/own_refusals\""
        align  = "ALIGN_DELTA", above = 0, lasting = "0s", severity = "WARNING"
        do     = "One of unforbid's accounts met a 403. The sink leaves these out, so nothing else tells. Was a permission taken away, or is somebody using the account?"
      }
      errors = {
        what   = "unforbid has errors"
        filter = "${local.ours}/errors\" AND ${local.on_runs}"
        align  = "ALIGN_DELTA", above = 5, lasting = "300s", severity = "WARNING"
        do     = "Look at the functions' log lines of severity ERROR; `outcome` says redelivery (Google or the store did not answer), defect (ours), or not set up."
      }
    },
    var.slack == null ? {} : {
      unseen = {
        what   = "A card was not shown"
        filter = "${local.ours}/unseen\" AND ${local.on_runs}"
        align  = "ALIGN_DELTA", above = 0, lasting = "0s", severity = "ERROR"
        do     = "Slack refused it; `not_shown` in the log line says why and what to do (is the bot still in the channel?). Nobody may know of an open question: `unforbid approvals` lists them."
      }
    },
    !local.mends ? {} : {
      failed = {
        what   = "A sweep could not do what was due"
        filter = "${local.ours}/failed\" AND ${local.on_runs}"
        align  = "ALIGN_DELTA", above = 0, lasting = "0s", severity = "ERROR"
        do     = "A grant may not have ended (one with a condition ends all the same), or a machine may not have been started. `reasons` in the sweep's log line say which."
      }
      differs = {
        what   = "The journal and Google's audit log do not agree"
        filter = "${local.ours}/differs\" AND ${local.on_runs}"
        align  = "ALIGN_DELTA", above = 0, lasting = "0s", severity = "CRITICAL"
        do     = "`reason` in the line `differs` says what. A call without an effect means that somebody else uses our account: `unforbid pause`, then disable the account."
      }
      unread = {
        what   = "What unforbid did was not compared with Google's audit log"
        filter = "${local.ours}/unread\" AND ${local.on_runs}"
        align  = "ALIGN_DELTA", above = 0, lasting = "0s", severity = "WARNING"
        do     = "`reason` in the line `not_compared` says what could not be read. Was a permission taken from the sweep? `unforbid audit compare` does the same again."
      }
      stopped = {
        what   = "A machine was left stopped"
        filter = "${local.ours}/stopped\" AND ${local.on_runs}"
        align  = "ALIGN_DELTA", above = 0, lasting = "0s", severity = "CRITICAL"
        do     = "The sweep started it. Make sure that it runs, and find out from the fix's journal (`unforbid work`) why its own restart did not happen."
      }
      waiting = {
        what   = "Approvals pile up"
        filter = "${local.ours}/waiting\" AND ${local.on_runs}"
        align  = "ALIGN_PERCENTILE_99", above = 10, lasting = "900s", severity = "WARNING"
        do     = "More than ten approvals are open. Nothing happens without them; a storm of denials may need a rule, or a person."
      }
      paused = {
        what   = "Changes are stopped"
        filter = "${local.ours}/paused\" AND ${local.on_runs}"
        align  = "ALIGN_DELTA", above = 0, lasting = "0s", severity = "WARNING"
        do     = "A person has stopped changes, or whether one has could not be read, which counts the same. Starting again takes two people."
      }
    },
  )
}

resource "google_logging_metric" "line" {
  for_each = local.metrics

  project          = var.project
  name             = "${var.name}/${each.key}"
  description      = each.value.what
  filter           = "${local.our_lines} AND ${each.value.filter}"
  label_extractors = each.value.label == "" ? null : { (each.value.label) = "EXTRACT(jsonPayload.${each.value.label})" }
  value_extractor  = each.value.value == "" ? null : "EXTRACT(jsonPayload.${each.value.value})"

  metric_descriptor {
    metric_kind  = "DELTA"
    value_type   = each.value.value == "" ? "INT64" : "DISTRIBUTION"
    unit         = each.value.value == "took_seconds" ? "s" : "1"
    display_name = each.value.what

    dynamic "labels" {
      for_each = each.value.label == "" ? [] : [each.value.label]

      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  depends_on = [google_project_service.needed]
}

resource "google_logging_metric" "own_refusals" {
  project          = var.project
  name             = "${var.name}/own_refusals"
  description      = "Calls of unforbid's own accounts that were refused in this project."
  filter           = "protoPayload.status.code=7 AND ${local.own_caller}"
  label_extractors = { account = "EXTRACT(protoPayload.authenticationInfo.principalEmail)" }

  metric_descriptor {
    metric_kind  = "DELTA"
    value_type   = "INT64"
    unit         = "1"
    display_name = "Calls of our own that were refused"

    labels {
      key        = "account"
      value_type = "STRING"
    }
  }

  depends_on = [google_project_service.needed]
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_emails

  project      = var.project
  display_name = "unforbid: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }

  depends_on = [google_project_service.needed]
}

resource "google_monitoring_alert_policy" "unwell" {
  for_each = local.alerts

  project               = var.project
  display_name          = "unforbid: ${each.value.what}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = [for one in google_monitoring_notification_channel.email : one.id]
  user_labels           = var.labels

  conditions {
    display_name = each.value.what

    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.above
      duration        = each.value.lasting

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = each.value.align
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = each.value.do
  }

  depends_on = [google_logging_metric.line, google_logging_metric.own_refusals]
}

# What never comes cannot be counted: that no sweep was seen is a condition of its own.
resource "google_monitoring_alert_policy" "no_sweep" {
  count = local.mends ? 1 : 0

  project               = var.project
  display_name          = "unforbid: no sweep for 20 minutes"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = [for one in google_monitoring_notification_channel.email : one.id]
  user_labels           = var.labels

  conditions {
    display_name = "no sweep for 20 minutes"

    condition_absent {
      filter   = "metric.type=\"logging.googleapis.com/user/${google_logging_metric.line["sweeps"].name}\" AND ${local.on_runs}"
      duration = "1200s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "The job ${var.name}-sweep did not come through. Is it paused, or ${var.name}-sweep not well? Grants end by themselves; a machine that a fix has stopped is only started by the sweep."
  }
}

# The second input: refusals at Google's front door leave no log entry, but they are counted.
resource "google_monitoring_monitored_project" "watched" {
  count = var.count_refusals != null && local.watch.kind == "project" && local.watch.id != var.project ? 1 : 0

  metrics_scope = var.project
  name          = local.watch.id
}

resource "google_monitoring_notification_channel" "counts" {
  count = var.count_refusals == null ? 0 : 1

  project      = var.project
  display_name = "unforbid: counted refusals"
  type         = "pubsub"
  labels       = { topic = google_pubsub_topic.counts[0].id }

  depends_on = [google_pubsub_topic_iam_member.counts]
}

resource "google_monitoring_alert_policy" "counts" {
  count = var.count_refusals == null ? 0 : 1

  project               = var.project
  display_name          = "unforbid: calls are refused"
  combiner              = "OR"
  notification_channels = [google_monitoring_notification_channel.counts[0].id]
  user_labels           = var.labels

  conditions {
    display_name = "calls of one credential to one service are refused"

    condition_threshold {
      filter          = "metric.type=\"serviceruntime.googleapis.com/api/request_count\" AND resource.type=\"consumed_api\" AND metric.labels.response_code=\"403\""
      comparison      = "COMPARISON_GT"
      threshold_value = var.count_refusals.more_than
      duration        = "0s"

      aggregations {
        alignment_period     = "${var.count_refusals.minutes * 60}s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.labels.project_id", "resource.labels.service", "resource.labels.method", "resource.labels.credential_id"]
      }
    }
  }

  alert_strategy {
    auto_close = "3600s"
  }
}
