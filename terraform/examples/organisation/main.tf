# The whole organisation is watched, and in two projects grants are made after approval in Slack. Values: unforbid.auto.tfvars.

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

variable "fix_projects" {
  description = "Projects in which grants may be made."
  type        = set(string)
}

variable "policy_file" {
  description = "Path of the compiled policy: unforbid policy compile policy.yaml -o policy.compiled"
  type        = string
}

variable "roles_file" {
  description = "Path of your catalogue of roles: UNFORBID_ROLES=roles.bin unforbid roles refresh"
  type        = string
  default     = ""
}

variable "channel" {
  description = "Id of the Slack channel."
  type        = string
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

  fixes           = ["iam"]
  fix_projects    = var.fix_projects
  grantable_roles = ["roles/logging.logWriter", "roles/monitoring.metricWriter", "roles/storage.objectViewer"]
  policy_file     = var.policy_file
  roles_file      = var.roles_file

  approver_domains = ["acme.example"]

  slack        = { channel = var.channel }
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
