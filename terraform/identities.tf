# Whoever runs a function is nobody else: one account for each, with a role that holds exactly the calls its code makes
# (generated/roles.json is written from the code). Nothing here replaces a binding or a policy: members are only added.

locals {
  roles = jsondecode(file("${path.module}/generated/roles.json"))

  # Callers run no code of ours: Pub/Sub pushes as `push`, Cloud Tasks and Scheduler wake as `wake`, builds run as `build`.
  callers = toset(concat(["push", "build"], local.mends ? ["wake"] : []))

  family_roles = {
    iam     = ["grant_reader", "grant_writer"]
    api     = ["api_writer", "api_undoer"]
    compute = ["machine_writer"]
  }
  sweep_roles = {
    iam     = ["grant_reader", "grant_writer"] # to end what a fix has granted
    api     = []
    compute = ["machine_starter"] # to start what a fix has left stopped
  }

  # role name -> who holds it in each project that may be mended
  held = merge(
    { for family in var.fixes : "execute-${family}" => local.family_roles[family] },
    local.mends ? { sweep = flatten([for family in var.fixes : local.sweep_roles[family]]) } : {},
  )
  fixer_roles = toset(flatten(values(local.held)))

  # Whoever asks Google why: `detect` with each new denial, the others once more before anything that was agreed to is begun.
  lookers = toset(var.look ? [for name in keys(local.functions) : name if name != "approve"] : [])
  bindings = merge([
    for who, roles in local.held : {
      for pair in setproduct(roles, var.fix_projects) :
      "${who}/${pair[0]}/${pair[1]}" => { who = who, role = pair[0], project = pair[1] }
    }
  ]...)

  # Google compares a change of a policy with these lists, of ten roles each because a longer list is refused.
  only_listed_roles = join(" || ", [
    for some in chunklist(sort(tolist(var.grantable_roles)), 10) :
    "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(${jsonencode(some)})"
  ])

  # The accounts that the sink must not report, and that the deny policy binds.
  own_accounts  = sort([for name in keys(local.functions) : "${var.name}-${name}@${var.project}.iam.gserviceaccount.com"])
  every_account = sort(concat(local.own_accounts, [for name in local.callers : "${var.name}-${name}@${var.project}.iam.gserviceaccount.com"]))
}

resource "google_service_account" "function" {
  for_each = local.functions

  project      = var.project
  account_id   = "${var.name}-${each.key}"
  display_name = "unforbid ${each.key}"
  description  = "Runs the function ${var.name}-${each.key}, and nothing else."

  depends_on = [google_project_service.needed]
}

resource "google_service_account" "caller" {
  for_each = local.callers

  project      = var.project
  account_id   = "${var.name}-${each.key}"
  display_name = "unforbid ${each.key}"
  description  = each.key == "build" ? "Builds the functions; runs none." : "Calls functions; runs none."

  depends_on = [google_project_service.needed]
}

resource "google_project_iam_member" "builder" {
  for_each = toset(["roles/artifactregistry.writer", "roles/logging.logWriter"])

  project = var.project
  role    = each.value
  member  = google_service_account.caller["build"].member
}

# Custom roles, where they are needed: in the organisation, or for a trial in the one project.
resource "google_organization_iam_custom_role" "role" {
  for_each = var.organization == "" ? [] : local.needed_roles

  org_id      = var.organization
  role_id     = "${var.name}_${each.key}"
  title       = "unforbid ${replace(each.key, "_", " ")}"
  description = local.roles[each.key].description
  permissions = concat(local.roles[each.key].permissions, local.roles[each.key].above_projects)
}

resource "google_project_iam_custom_role" "role" {
  for_each = local.project_roles

  project     = each.value.project
  role_id     = "${var.name}_${each.value.role}"
  title       = "unforbid ${replace(each.value.role, "_", " ")}"
  description = local.roles[each.value.role].description
  permissions = local.roles[each.value.role].permissions
}

locals {
  needed_roles = setunion(var.look ? ["reader"] : [], local.fixer_roles)

  # Without an organisation each role is made in the project where it is held.
  project_roles = var.organization != "" ? {} : merge(
    var.look ? { "reader/${local.watch.id}" = { role = "reader", project = local.watch.id } } : {},
    { for pair in setproduct(local.fixer_roles, var.fix_projects) : "${pair[0]}/${pair[1]}" => { role = pair[0], project = pair[1] } },
  )
  role_names = merge(
    { for key, one in google_project_iam_custom_role.role : key => one.name },
    { for pair in setproduct(keys(google_organization_iam_custom_role.role), concat([local.watch.id], tolist(var.fix_projects))) : "${pair[0]}/${pair[1]}" => google_organization_iam_custom_role.role[pair[0]].name },
  )
}

resource "google_organization_iam_member" "reader" {
  for_each = local.watch.kind == "organization" ? local.lookers : []

  org_id = local.watch.id
  role   = local.role_names["reader/${local.watch.id}"]
  member = google_service_account.function[each.key].member
}

resource "google_folder_iam_member" "reader" {
  for_each = local.watch.kind == "folder" ? local.lookers : []

  folder = "folders/${local.watch.id}"
  role   = local.role_names["reader/${local.watch.id}"]
  member = google_service_account.function[each.key].member
}

resource "google_project_iam_member" "reader" {
  for_each = local.watch.kind == "project" ? local.lookers : []

  project = local.watch.id
  role    = local.role_names["reader/${local.watch.id}"]
  member  = google_service_account.function[each.key].member
}

# Questions are accounted to the home project, which takes a permission there.
resource "google_project_iam_member" "accounted" {
  for_each = toset([for name in keys(local.functions) : name if name != "approve"])

  project = var.project
  role    = "roles/serviceusage.serviceUsageConsumer"
  member  = google_service_account.function[each.key].member
}

# Whoever may set policies in a project is its owner, unless Google holds him to a list of roles: that is the condition.
resource "google_project_iam_member" "fixer" {
  for_each = local.bindings

  project = each.value.project
  role    = local.role_names["${each.value.role}/${each.value.project}"]
  member  = google_service_account.function[each.value.who].member

  dynamic "condition" {
    for_each = each.value.role == "grant_writer" ? [local.only_listed_roles] : []

    content {
      title       = "only listed roles"
      description = "unforbid may hand out and take back only these roles."
      expression  = condition.value
    }
  }
}

# An account that may be attached to any machine is as strong as the strongest of them all, so each is named.
resource "google_service_account_iam_member" "attach" {
  for_each = contains(var.fixes, "compute") ? var.attachable_accounts : []

  service_account_id = "projects/${regex("@([a-z0-9-]+)[.]", each.value)[0]}/serviceAccounts/${each.value}"
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.function["execute-compute"].member
}

# The second fence, outside our code and outside every role: what none of our accounts may ever do, in the organisation.
resource "google_iam_deny_policy" "own" {
  count = var.organization == "" ? 0 : 1

  parent       = urlencode("cloudresourcemanager.googleapis.com/organizations/${var.organization}")
  name         = "${var.name}-own-accounts"
  display_name = "What unforbid's own accounts never do"

  rules {
    description = "No keys or tokens of others, no roles, no guardrails, no end of a project or a log."

    deny_rule {
      denied_principals = [for email in local.own_accounts : "principal://iam.googleapis.com/projects/-/serviceAccounts/${email}"]
      denied_permissions = [
        "cloudresourcemanager.googleapis.com/projects.delete",
        "cloudresourcemanager.googleapis.com/projects.move",
        "iam.googleapis.com/roles.create",
        "iam.googleapis.com/roles.delete",
        "iam.googleapis.com/roles.update",
        "iam.googleapis.com/serviceAccountKeys.create",
        "iam.googleapis.com/serviceAccounts.getAccessToken",
        "iam.googleapis.com/serviceAccounts.signBlob",
        "iam.googleapis.com/serviceAccounts.signJwt",
        "logging.googleapis.com/sinks.delete",
        "logging.googleapis.com/sinks.update",
        "orgpolicy.googleapis.com/policies.create",
        "orgpolicy.googleapis.com/policies.delete",
        "orgpolicy.googleapis.com/policies.update",
        "orgpolicy.googleapis.com/policy.set",
      ]
    }
  }
}
