# What is delivered: entries in which a 403 shows (generated/sink_filter.txt, written by the code that reads them), without
# our own. Ours are left out twice: in the filter, which holds everywhere, and as an exclusion, which Google does not apply
# to what lies below a folder or an organisation.

locals {
  own = {
    project   = var.project
    accounts  = join(" OR ", [for email in local.own_accounts : jsonencode(email)])
    functions = join(" OR ", [for name in sort(keys(local.functions)) : jsonencode("${var.name}-${name}")])
  }
  sink_filter = templatefile("${path.module}/generated/sink_filter.txt", local.own)
  own_filter  = templatefile("${path.module}/generated/own_filter.txt", local.own)
  exclusions  = merge({ "${var.name}-self" = local.own_filter }, var.exclusions)

  sink_writer = one(concat(
    google_logging_organization_sink.denials[*].writer_identity,
    google_logging_folder_sink.denials[*].writer_identity,
    google_logging_project_sink.denials[*].writer_identity,
  ))
}

resource "google_logging_organization_sink" "denials" {
  count = local.watch.kind == "organization" ? 1 : 0

  org_id           = local.watch.id
  name             = "${var.name}-denials"
  description      = "Calls that were refused with a 403, for unforbid to explain."
  destination      = "pubsub.googleapis.com/${google_pubsub_topic.denials.id}"
  include_children = true
  filter           = local.sink_filter

  dynamic "exclusions" {
    for_each = local.exclusions

    content {
      name   = exclusions.key
      filter = exclusions.value
    }
  }
}

resource "google_logging_folder_sink" "denials" {
  count = local.watch.kind == "folder" ? 1 : 0

  folder           = "folders/${local.watch.id}"
  name             = "${var.name}-denials"
  description      = "Calls that were refused with a 403, for unforbid to explain."
  destination      = "pubsub.googleapis.com/${google_pubsub_topic.denials.id}"
  include_children = true
  filter           = local.sink_filter

  dynamic "exclusions" {
    for_each = local.exclusions

    content {
      name   = exclusions.key
      filter = exclusions.value
    }
  }
}

resource "google_logging_project_sink" "denials" {
  count = local.watch.kind == "project" ? 1 : 0

  project                = local.watch.id
  name                   = "${var.name}-denials"
  description            = "Calls that were refused with a 403, for unforbid to explain."
  destination            = "pubsub.googleapis.com/${google_pubsub_topic.denials.id}"
  unique_writer_identity = true
  filter                 = local.sink_filter

  dynamic "exclusions" {
    for_each = local.exclusions

    content {
      name   = exclusions.key
      filter = exclusions.value
    }
  }
}
