terraform {
  # Write-only arguments, by which a password reaches Cloud SQL and Secret Manager without the state, came with 1.11.
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }

  # The bucket is named at init: <project>-terraform, which `make bootstrap` makes.
  backend "gcs" {
    prefix = "train-d"
  }
}

provider "google" {
  project = var.project
  region  = var.region

  default_labels = { app = "train-d" }
}

data "google_project" "this" {}

locals {
  project_number = data.google_project.this.number
}
