# Only `project` is required. What is not set here stays off, and unforbid then observes: it explains and changes nothing.

variable "project" {
  description = "Id of the project that unforbid lives in; best one of its own, which holds nothing else."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project is not the id of a project: give the id, such as acme-unforbid, and not its number or its name."
  }
}

variable "region" {
  description = "Region of the functions, queues and databases."
  type        = string
  default     = "europe-west1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]$", var.region))
    error_message = "region has to be a region such as europe-west1; a zone has one letter too many, a multi-region runs no functions."
  }
}

variable "name" {
  description = "What every resource's name begins with; change it to run two of them in one project."
  type        = string
  default     = "unforbid"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,11}$", var.name))
    error_message = "name has to be 3 to 12 small letters and digits, beginning with a letter: the names made of it have to fit into Google's limits."
  }
}

variable "labels" {
  description = "Labels for everything that can have some, such as a cost centre."
  type        = map(string)
  default     = {}
}

variable "watch" {
  description = "Whose denials are looked at: one project, or a folder or an organisation with all that is in it. Default: the project itself, for a trial."
  type = object({
    kind = string
    id   = string
  })
  default = null

  validation {
    condition     = var.watch == null ? true : contains(["project", "folder", "organization"], var.watch.kind)
    error_message = "watch.kind has to be project, folder or organization."
  }

  validation {
    condition     = var.watch == null ? true : var.watch.kind == "project" || can(regex("^[0-9]+$", var.watch.id))
    error_message = "watch.id of a folder or an organization is its number, as `gcloud organizations list` shows it."
  }
}

variable "organization" {
  description = "Number of your organisation. What lies outside it is refused. Needed to watch a folder or an organisation, or to mend more than one project."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[0-9]*$", var.organization))
    error_message = "organization has to be its number alone, as `gcloud organizations list` shows it, without organizations/."
  }

  validation {
    condition     = var.organization != "" || try(var.watch.kind, "project") == "project"
    error_message = "To watch a folder or an organisation, set organization to its number: the roles that this takes can only be made there."
  }
}

variable "look" {
  description = "Whether Google is asked why, once for each new denial. It only reads. Without it, what the log entry says is all there is."
  type        = bool
  default     = true
}

variable "merge_hours" {
  description = "For how many hours repeats of one denial are counted in one run."
  type        = number
  default     = 24

  validation {
    condition     = var.merge_hours >= 1 && var.merge_hours <= 168 && floor(var.merge_hours) == var.merge_hours
    error_message = "merge_hours has to be a whole number from 1 to 168."
  }
}

variable "fixes" {
  description = "Families of fixes that may be carried out after approval: iam, api, compute. Each brings its function, its identity and its permissions; none of them is there before."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.fixes, ["iam", "api", "compute"])) == 0
    error_message = "fixes may hold iam, api and compute, and nothing else."
  }

  validation {
    condition     = length(var.fixes) == 0 || length(var.fix_projects) > 0
    error_message = "fixes are on, but nowhere: name the projects in fix_projects, one by one."
  }

  validation {
    condition     = length(var.fixes) == 0 || var.policy_file != ""
    error_message = "fixes are on, but nothing permits one: set policy_file to the file with your rules."
  }
}

variable "fix_projects" {
  description = "Ids of the projects in which fixes may change something. There is no way to name all of them."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for one in var.fix_projects : can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", one))])
    error_message = "fix_projects holds ids of projects, such as acme-reports-prod: no numbers, no folders, no wildcards."
  }

  validation {
    condition     = !contains(var.fix_projects, var.project)
    error_message = "fix_projects must not hold the project that unforbid lives in: it never mends its own permissions."
  }

  validation {
    condition     = var.organization != "" || length(var.fix_projects) <= 1
    error_message = "To mend more than one project, set organization to its number: the roles for that are made there."
  }
}

variable "grantable_roles" {
  description = "Roles that the iam family may hand out. Google itself refuses every other role on a project, whatever the code does."
  type        = set(string)
  default     = []

  validation {
    condition     = !contains(var.fixes, "iam") || length(var.grantable_roles) > 0
    error_message = "The iam family is on, but it may hand out nothing: list the roles in grantable_roles, such as roles/logging.logWriter."
  }

  validation {
    condition     = alltrue([for one in var.grantable_roles : can(regex("^(roles|projects/[a-z0-9-]+/roles|organizations/[0-9]+/roles)/[A-Za-z0-9_.]+$", one))])
    error_message = "grantable_roles holds full names of roles, such as roles/storage.objectViewer or organizations/123/roles/reader."
  }

  validation {
    condition     = length(setintersection(var.grantable_roles, ["roles/owner", "roles/editor", "roles/viewer", "roles/browser"])) == 0
    error_message = "Basic roles are never handed out: take owner, editor, viewer and browser out of grantable_roles."
  }

  validation {
    condition     = !anytrue([for one in var.grantable_roles : can(regex("(?i)(admin|^roles/iam[.](security|serviceAccountKey|workloadIdentityPool|role)|serviceAgent)", one))])
    error_message = "A role in grantable_roles lets its holder hand out access in turn (an admin's, a service agent's, one of IAM's own): name a narrower one."
  }

  validation {
    condition     = length(var.grantable_roles) <= 100
    error_message = "grantable_roles has more than 100 roles: the condition that limits them would be too long for Google."
  }
}

variable "attachable_accounts" {
  description = "Service accounts that the compute family may give to a virtual machine, by email. Each is given to it one by one."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for one in var.attachable_accounts : can(regex("^[a-z0-9-]+@[a-z][a-z0-9-]+[.]iam[.]gserviceaccount[.]com$", one))])
    error_message = "attachable_accounts holds emails of accounts that you have made, ending in PROJECT.iam.gserviceaccount.com: a default account may not be attached."
  }
}

variable "policy_file" {
  description = "Path of your compiled policy (`unforbid policy compile policy.yaml -o policy.compiled`), which is packed into the functions. Without one everything is observed."
  type        = string
  default     = ""

  validation {
    condition     = var.policy_file == "" ? true : fileexists(var.policy_file)
    error_message = "There is no file at policy_file: give its path, relative to where terraform runs, or as \"$${path.root}/policy.compiled\"."
  }

  validation {
    condition     = var.policy_file == "" ? true : !fileexists(var.policy_file) || startswith(try(file(var.policy_file), ""), "unforbid policy ")
    error_message = "policy_file is no compiled policy: functions read no YAML. Make one: unforbid policy compile policy.yaml -o policy.compiled."
  }
}

variable "roles_file" {
  description = "Path of your catalogue of roles (`unforbid roles refresh`), which is packed into the functions that choose roles. Without one only a few hand-checked roles are ever chosen."
  type        = string
  default     = ""

  validation {
    condition     = var.roles_file == "" ? true : fileexists(var.roles_file)
    error_message = "There is no file at roles_file: make one with UNFORBID_ROLES=roles.bin unforbid roles refresh, and give its path."
  }
}

variable "approver_domains" {
  description = "Domains whose people may approve a fix, such as acme.example. Nobody else's yes counts."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for one in var.approver_domains : can(regex("^[a-z0-9-]+([.][a-z0-9-]+)+$", one))])
    error_message = "approver_domains holds domains such as acme.example, in small letters, without @ and without wildcards."
  }

  validation {
    condition     = length(var.fixes) == 0 || length(var.approver_domains) > 0
    error_message = "A family of fixes is on, but nobody may approve one: name the domains of your people in approver_domains."
  }
}

variable "slack" {
  description = "Slack channel (its id, such as C0123456789) for cards and approvals. The two secrets are made empty; their values are added by hand and never reach Terraform's state."
  type = object({
    channel = string
  })
  default = null

  validation {
    condition     = var.slack == null ? true : can(regex("^[CG][A-Z0-9]{8,}$", var.slack.channel))
    error_message = "slack.channel has to be the channel's id, such as C0123456789: it stands at the bottom of the channel's details."
  }
}

variable "alert_emails" {
  description = "Addresses that are told when unforbid itself is not well."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for one in var.alert_emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", one))])
    error_message = "alert_emails holds addresses, such as oncall@acme.example."
  }
}

variable "count_refusals" {
  description = "Second input: whether an alert on Google's own count of 403s tells unforbid of refusals that leave no log entry."
  type = object({
    more_than = optional(number, 5)
    minutes   = optional(number, 5)
  })
  default = null

  validation {
    condition     = var.count_refusals == null ? true : var.count_refusals.more_than >= 0 && var.count_refusals.minutes >= 1
    error_message = "count_refusals.more_than is a number of refusals from 0, count_refusals.minutes a span of at least 1."
  }
}

variable "exclusions" {
  description = "More that the sink leaves out: for each name a filter in the Logging query language, such as the log of a chatty job."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.exclusions) <= 49
    error_message = "A sink takes 50 exclusions and unforbid needs one of them itself: join some of yours with OR."
  }
}

variable "limits" {
  description = "What a storm may cost: instances of each function, tasks a second, days that messages and dead letters are kept."
  type = object({
    instances        = optional(number, 10)
    tasks_per_second = optional(number, 5)
    days_kept        = optional(number, 7)
  })
  default = {}

  validation {
    condition     = var.limits.instances >= 1 && var.limits.instances <= 100 && var.limits.tasks_per_second > 0
    error_message = "limits.instances has to be from 1 to 100, limits.tasks_per_second more than 0: neither may stop unforbid silently."
  }

  validation {
    condition     = var.limits.days_kept >= 1 && var.limits.days_kept <= 31
    error_message = "limits.days_kept has to be from 1 to 31: Pub/Sub keeps messages no longer."
  }
}

variable "copy" {
  description = "Where a copy of the journal is kept that nobody can change: another project, and for how many days. The bucket is locked: nobody can take the days back, or delete it before they are over."
  type = object({
    project = string
    days    = optional(number, 400)
  })
  default = null

  validation {
    condition     = var.copy == null ? true : var.copy.project != var.project
    error_message = "copy.project has to be another project: who owns this one could change a copy in it."
  }

  validation {
    condition     = var.copy == null ? true : var.copy.days >= 30 && var.copy.days <= 3650
    error_message = "copy.days has to be from 30 to 3650, which is what Cloud Logging keeps."
  }
}

variable "keep_data" {
  description = "Whether the databases survive `terraform destroy`. For a trial that shall leave nothing behind: false."
  type        = bool
  default     = true
}

variable "build" {
  description = "Cloud Build triggers that plan each commit and apply it after approval: a connected repository, the account that deploys, the bucket for plans and state, and where the catalogue of roles lies if there is one."
  type = object({
    repository = string
    account    = string
    bucket     = string
    branch     = optional(string, "main")
    roles      = optional(string, "")
  })
  default = null

  validation {
    condition     = var.build == null ? true : var.build.roles == "" || can(regex("^gs://[^/]+/.+$", var.build.roles))
    error_message = "build.roles has to be the address of your catalogue of roles in a bucket, such as gs://acme-unforbid-plans/roles/roles.bin."
  }

  validation {
    condition     = var.build == null ? true : can(regex("^projects/[^/]+/locations/[^/]+/connections/[^/]+/repositories/[^/]+$", var.build.repository))
    error_message = "build.repository has to be projects/P/locations/L/connections/C/repositories/R: connect the repository to Cloud Build first (docs/deploy.md)."
  }
}
