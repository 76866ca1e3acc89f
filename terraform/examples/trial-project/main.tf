# A trial: unforbid watches the project that it lives in. Nothing can be changed, and `terraform destroy` leaves nothing.

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
}

variable "project" {
  description = "Id of the project to try unforbid in."
  type        = string
}

provider "google" {
  project               = var.project
  user_project_override = true
  billing_project       = var.project
}

module "unforbid" {
  source = "../.."

  project   = var.project
  keep_data = false
}

output "next_steps" {
  description = "What to do now."
  value       = module.unforbid.next_steps
}
