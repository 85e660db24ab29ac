# What the functions are built from. An archive is named by the hash of its content, so a function whose code did not change
# is not deployed again.
resource "google_storage_bucket" "archives" {
  name                        = "${var.project}-archives"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true # every archive can be made again

  # An archive no older than this is there to roll back to.
  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 90
    }
    action {
      type = "Delete"
    }
  }
  versioning {
    enabled = true
  }

  depends_on = [google_project_service.this]
}

locals {
  archive_hashes = {
    for name in keys(local.functions_by_default) :
    name => fileexists("${var.archives}/${name}.sha256") ? trimspace(file("${var.archives}/${name}.sha256")) : ""
  }
}

resource "google_storage_bucket_object" "archive" {
  for_each = local.functions_by_default

  name   = "${each.key}-${local.archive_hashes[each.key]}.zip"
  bucket = google_storage_bucket.archives.name
  source = "${var.archives}/${each.key}.zip"

  lifecycle {
    create_before_destroy = true
    precondition {
      condition     = local.archive_hashes[each.key] != ""
      error_message = "There is no archive of ${each.key} in ${var.archives}: run make package."
    }
  }
}

resource "google_artifact_registry_repository" "functions" {
  repository_id = "functions"
  location      = var.region
  format        = "DOCKER"
  description   = "Images that the functions' builds make."

  cleanup_policies {
    id     = "keep-some-to-roll-back-to"
    action = "KEEP"
    most_recent_versions {
      keep_count = 5
    }
  }
  cleanup_policies {
    id     = "delete-what-is-old"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [google_project_service.this]
}

# Builds run under an identity of their own and not under the project's default one, which may do almost anything.
resource "google_service_account" "builder" {
  account_id   = "train-d-builder"
  display_name = "Train-D builds of functions"
}

resource "google_project_iam_member" "builder" {
  project = var.project
  role    = "roles/logging.logWriter"
  member  = google_service_account.builder.member
}

# The service copies each archive to a bucket of its own, which it makes at the first deployment: known by name only.
resource "google_project_iam_member" "builder_source" {
  project = var.project
  role    = "roles/storage.objectViewer"
  member  = google_service_account.builder.member
  condition {
    title      = "sources of functions"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${local.project_number}-${var.region}\")"
  }
}

resource "google_artifact_registry_repository_iam_member" "builder" {
  repository = google_artifact_registry_repository.functions.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.builder.member
}

resource "google_storage_bucket_iam_member" "builder" {
  bucket = google_storage_bucket.archives.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.builder.member
}
