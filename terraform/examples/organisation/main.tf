# The whole organisation is watched. What is not set in unforbid.auto.tfvars stays off: cards in Slack, and every change.

terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.7"
    }
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.7"
    }
  }

  # terraform init -backend-config=bucket=YOUR-BUCKET
  backend "gcs" {
    prefix = "unforbid"
  }
}

variable "project" {
  description = "Id of the project that unforbid lives in."
  type        = string
}

variable "organization" {
  description = "Number of the organisation."
  type        = string
}

variable "fixes" {
  description = "Families of fixes that may be carried out after approval: iam, api, compute."
  type        = set(string)
  default     = []
}

variable "fix_projects" {
  description = "Projects in which something may be changed."
  type        = set(string)
  default     = []
}

variable "grantable_roles" {
  description = "Roles that may be handed out."
  type        = set(string)
  default     = []
}

variable "approver_domains" {
  description = "Domains whose people may approve."
  type        = set(string)
  default     = []
}

variable "policy_file" {
  description = "Path of the compiled policy: unforbid policy compile policy.yaml -o policy.compiled"
  type        = string
  default     = ""
}

variable "roles_file" {
  description = "Path of your catalogue of roles: UNFORBID_ROLES=roles.bin unforbid roles refresh"
  type        = string
  default     = ""
}

variable "channel" {
  description = "Id of the Slack channel, where cards are shown and approved; empty for none."
  type        = string
  default     = ""
}

variable "oncall" {
  description = "Address that is told when unforbid is not well."
  type        = string
}

provider "google" {
  project               = var.project
  user_project_override = true
  billing_project       = var.project
}

module "unforbid" {
  source = "../.."

  project      = var.project
  organization = var.organization
  watch        = { kind = "organization", id = var.organization }

  fixes           = var.fixes
  fix_projects    = var.fix_projects
  grantable_roles = var.grantable_roles
  policy_file     = var.policy_file
  roles_file      = var.roles_file

  approver_domains = var.approver_domains

  slack        = var.channel == "" ? null : { channel = var.channel }
  alert_emails = [var.oncall]
  labels       = { team = "platform-security" }
}

output "next_steps" {
  description = "What to do now."
  value       = module.unforbid.next_steps
}

output "slack_url" {
  description = "The Request URL to enter in the Slack app."
  value       = module.unforbid.slack_url
}

output "identities" {
  description = "The account of each function, such as `unforbid audit compare` is told."
  value       = module.unforbid.identities
}
