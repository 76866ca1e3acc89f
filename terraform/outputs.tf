output "next_steps" {
  description = "What to do now, in order."
  value = concat(
    ["Watching ${local.watch.kind} ${local.watch.id}. Let something be refused, wait two minutes, and read: gcloud logging read 'jsonPayload.event=\"detect\" AND jsonPayload.outcome=\"run\"' --project=${var.project} --limit=5"],
    var.slack == null ? ["For cards and approvals set slack to a channel's id."] : [
      for name, one in google_secret_manager_secret.slack : "Add the value of ${name}, then deploy once more: gcloud secrets versions add ${one.secret_id} --project=${var.project} --data-file=-"
    ],
    local.watch.kind == "project" ? ["When you trust what you read, set organization and watch to take in a folder or the organisation."] : [],
    local.mends ? ["Changes are stopped until two people let them begin: UNFORBID_BACKEND=google UNFORBID_PROJECT=${var.project} UNFORBID_FIRESTORE_DATABASE=${var.name} unforbid resume organization --by EMAIL --by EMAIL"] : [],
    local.mends ? ["Fixes on: ${join(", ", sort(tolist(var.fixes)))}, in ${join(", ", sort(tolist(var.fix_projects)))}. To stop every change at once: gcloud tasks queues pause, for each of ${join(", ", [for one in google_cloud_tasks_queue.fixes : one.name])}"] : ["Nothing can be changed: no family of fixes is on."],
    length(var.alert_emails) == 0 ? ["Nobody is told when unforbid is not well: set alert_emails."] : [],
  )
}

output "functions" {
  description = "The address of each function; only its one caller gets in."
  value       = { for name, one in google_cloudfunctions2_function.function : name => one.service_config[0].uri }
}

output "identities" {
  description = "The account of each function, for policies of your own."
  value       = { for name, one in google_service_account.function : name => one.email }
}

output "permissions" {
  description = "What each function may do, and where: role by role."
  value = merge(
    {
      for who in keys(local.functions) : who => merge(
        contains(local.lookers, who) ? { "${local.watch.kind} ${local.watch.id}" = local.roles["reader"].permissions } : {},
        { for project in var.fix_projects : "fixes in project ${project}" => distinct(flatten([for role in lookup(local.held, who, []) : local.roles[role].permissions])) },
      )
    },
  )
}

output "slack_url" {
  description = "What to enter as the Request URL of the Slack app's interactivity; empty without Slack."
  value       = try(local.urls["approve"], "")
}

output "topic" {
  description = "The topic that denials come through. Only the sink may publish to it."
  value       = google_pubsub_topic.denials.id
}

output "dead_letters" {
  description = "The subscription in which messages lie that could not be delivered."
  value       = google_pubsub_subscription.dead.id
}

output "sink_filter" {
  description = "The filter of the sink, with your names in it: try it in the Logs Explorer."
  value       = local.sink_filter
}
