# One page: what is refused, what is done about it, and what unforbid costs.

locals {
  # title, metric, aligner, the label that the lines are told apart by
  tiles = [
    ["Denials by cause", "${local.ours}/denials\" AND ${local.on_runs}", "ALIGN_DELTA", "metric.label.cause"],
    ["Decisions: refused, told, waiting for approval", "${local.ours}/decided\" AND ${local.on_runs}", "ALIGN_DELTA", "metric.label.mode"],
    ["Fixes by how they stand", "${local.ours}/fixes\" AND ${local.on_runs}", "ALIGN_DELTA", "metric.label.outcome"],
    ["Seconds from a fix's beginning to its end, 95 of 100", "${local.ours}/fix_time\" AND ${local.on_runs}", "ALIGN_PERCENTILE_95", ""],
    ["Open approvals", "${local.ours}/waiting\" AND ${local.on_runs}", "ALIGN_PERCENTILE_99", ""],
    ["Held back by a budget or a breaker", "${local.ours}/budgets\" AND ${local.on_runs}", "ALIGN_DELTA", "metric.label.held"],
    ["Messages by what became of them", "${local.ours}/handled\" AND ${local.on_runs}", "ALIGN_DELTA", "metric.label.outcome"],
    ["Errors", "${local.ours}/errors\" AND ${local.on_runs}", "ALIGN_DELTA", "metric.label.event"],
    ["Oldest message not yet delivered, seconds", "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"${google_pubsub_subscription.denials.name}\"", "ALIGN_MAX", ""],
    ["Cost: seconds of functions billed", "metric.type=\"run.googleapis.com/container/billable_instance_time\" AND ${local.on_runs} AND resource.labels.service_name=monitoring.regex.full_match(\"${var.name}-.*\")", "ALIGN_RATE", "resource.label.service_name"],
    ["Cost: bytes delivered by Pub/Sub", "metric.type=\"pubsub.googleapis.com/subscription/byte_cost\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=monitoring.regex.full_match(\"${var.name}-.*\")", "ALIGN_DELTA", "resource.label.subscription_id"],
    ["Cost: documents written", "metric.type=\"firestore.googleapis.com/document/write_ops_count\" AND resource.type=\"firestore.googleapis.com/Database\" AND resource.labels.database_id=monitoring.regex.full_match(\"${var.name}-.*\")", "ALIGN_DELTA", "resource.label.database_id"],
  ]
}

resource "google_monitoring_dashboard" "unforbid" {
  project = var.project

  dashboard_json = jsonencode({
    displayName = "unforbid (${var.name})"
    mosaicLayout = {
      columns = 48
      tiles = [
        for number, tile in local.tiles : {
          xPos   = (number % 3) * 16
          yPos   = floor(number / 3) * 12
          width  = 16
          height = 12
          widget = {
            title = tile[0]
            xyChart = {
              dataSets = [{
                plotType   = "LINE"
                targetAxis = "Y1"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = tile[1]
                    aggregation = {
                      alignmentPeriod    = "300s"
                      perSeriesAligner   = tile[2]
                      crossSeriesReducer = "REDUCE_SUM"
                      groupByFields      = tile[3] == "" ? [] : [tile[3]]
                    }
                  }
                }
              }]
            }
          }
        }
      ]
    }
  })

  depends_on = [google_logging_metric.line]
}
