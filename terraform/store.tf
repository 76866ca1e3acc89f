# A database for each concern, so that whoever may record denials, or wake somebody, cannot write the journal of fixes. What expires, which
# queries need an index and what needs none is told by the code (generated/store.json).

locals {
  store = jsondecode(file("${path.module}/generated/store.json"))

  # Who has what to do in a database. The journal is written by those alone who carry fixes out: `detect` reads in it what is
  # under way, and `approve`, whose address is public, neither reads nor writes it: it wakes through a database of its own.
  writers = {
    ballots = keys(local.functions)
    guards  = [for name in keys(local.functions) : name if name != "approve"]
    journal = [for name in keys(local.functions) : name if !contains(["approve", "detect"], name)]
    policy  = local.mends ? [for name in keys(local.functions) : name if !contains(["approve", "detect"], name)] : ["detect"]
    queue   = keys(local.functions)
    runs    = [for name in keys(local.functions) : name if name != "approve"]
  }
  readers = {
    journal = ["detect"]
    policy  = ["detect"]
    runs    = [for name in keys(local.functions) : name if name == "approve"]
  }
  store_members = merge([
    for database in keys(local.store) : merge(
      { for name in lookup(local.readers, database, []) : "${database}/${name}" => { database = database, name = name, role = "roles/datastore.viewer" } },
      { for name in local.writers[database] : "${database}/${name}" => { database = database, name = name, role = "roles/datastore.user" } },
    )
  ]...)

  expiring = merge([
    for database, said in local.store : { for group in said.expiring : "${database}/${group}" => { database = database, group = group } }
  ]...)
  unindexed = merge([
    for database, said in local.store : merge([
      for group, fields in said.unindexed : { for field in fields : "${database}/${group}/${field}" => { database = database, group = group, field = field } }
    ]...)
  ]...)
  indexed = merge([
    for database, said in local.store : { for group, fields in said.indexes : "${database}/${group}" => { database = database, group = group, fields = fields } }
  ]...)
}

resource "google_firestore_database" "store" {
  for_each = local.store

  project                           = var.project
  name                              = "${var.name}-${each.key}"
  location_id                       = var.region
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "OPTIMISTIC"
  point_in_time_recovery_enablement = each.key == "journal" ? "POINT_IN_TIME_RECOVERY_ENABLED" : "POINT_IN_TIME_RECOVERY_DISABLED"
  delete_protection_state           = var.keep_data ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = var.keep_data ? "ABANDON" : "DELETE"

  depends_on = [google_project_service.needed]
}

# Only cleans up: what has expired is told by the code, from the clock.
resource "google_firestore_field" "expiring" {
  for_each = local.expiring

  project    = var.project
  database   = google_firestore_database.store[each.value.database].name
  collection = each.value.group
  field      = local.store[each.value.database].expires

  ttl_config {}
  index_config {}
}

resource "google_firestore_field" "unindexed" {
  for_each = local.unindexed

  project    = var.project
  database   = google_firestore_database.store[each.value.database].name
  collection = each.value.group
  field      = each.value.field

  index_config {}
}

resource "google_firestore_index" "query" {
  for_each = local.indexed

  project    = var.project
  database   = google_firestore_database.store[each.value.database].name
  collection = each.value.group

  dynamic "fields" {
    for_each = each.value.fields

    content {
      field_path = fields.value[0]
      order      = fields.value[1]
    }
  }
}

resource "google_project_iam_member" "store" {
  for_each = local.store_members

  project = var.project
  role    = each.value.role
  member  = google_service_account.function[each.value.name].member

  condition {
    title       = "${each.value.database} only"
    description = "One database of this project, and no other."
    expression  = "resource.name == \"projects/${var.project}/databases/${google_firestore_database.store[each.value.database].name}\""
  }
}
