# The archive of one function. Flat, as the framework loads it: main.py, what it can load of shared/ (contents.json, which a
# test holds against the code), and the locked packages under the name that the build looks for. A module of its own, because
# it reads every file of shared/: tests of the rest leave it out.

terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.7"
    }
  }
}

variable "root" {
  description = "Path of the checkout."
  type        = string
}

variable "function" {
  description = "Folder below functions/ that main.py is taken from."
  type        = string
}

variable "contents" {
  description = "Which files go along and which of them do not after all, as patterns below the checkout; those of the table if null."
  type = object({
    takes  = list(string)
    leaves = list(string)
  })
  default = null
}

variable "policy_file" {
  description = "Path of the policy file that goes along; none if empty."
  type        = string
  default     = ""
}

variable "roles_file" {
  description = "Path of the organisation's catalogue of roles that goes along; none if empty."
  type        = string
  default     = ""
}

locals {
  contents = var.contents != null ? var.contents : jsondecode(file("${path.module}/contents.json"))[var.function]
  taken    = setunion([], [for one in local.contents.takes : fileset(var.root, one)]...)
  left     = setunion([], [for one in local.contents.leaves : fileset(var.root, one)]...)
}

data "archive_file" "source" {
  type             = "zip"
  output_path      = "${path.module}/../.build/${var.function}.zip"
  output_file_mode = "0644"

  source {
    filename = "main.py"
    content  = file("${var.root}/functions/${var.function}/main.py")
  }

  source {
    filename = "requirements.txt"
    content  = file("${var.root}/requirements.lock")
  }

  dynamic "source" {
    for_each = setsubtract(local.taken, local.left)

    content {
      filename = source.value
      content  = file("${var.root}/${source.value}")
    }
  }

  dynamic "source" {
    for_each = var.policy_file == "" ? [] : [var.policy_file]

    content {
      filename = "policy"
      content  = file(source.value)
    }
  }

  # An archive made this way holds text alone, and the catalogue is none.
  dynamic "source" {
    for_each = var.roles_file == "" ? [] : [var.roles_file]

    content {
      filename = "roles.base64"
      content  = filebase64(source.value)
    }
  }
}

output "path" {
  description = "Where the archive lies."
  value       = data.archive_file.source.output_path
}

output "name" {
  description = "Its name in the bucket, made of its content: a change is a new name, and no change is none."
  value       = "${var.function}/${data.archive_file.source.output_md5}.zip"
}
