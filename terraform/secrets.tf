# Terraform knows the secrets' names. Their values are put in by make bootstrap and by people (infra/playbooks/rotation.md),
# and stand in no state; the one that Terraform writes, Migrate's password, passes through write-only arguments.
locals {
  secrets = toset(flatten([for f in values(local.functions_by_default) : values(f.secrets)]))

  secret_ids = { for name in local.secrets : name => google_secret_manager_secret.this[name].secret_id }
  secret_versions = merge(
    { for name in local.secrets : name => lookup(var.secret_versions, name, "latest") },
    { migrate-password = google_secret_manager_secret_version.migrate_password.version },
  )
}

resource "google_secret_manager_secret" "this" {
  for_each = local.secrets

  secret_id = each.key
  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_secret_manager_secret_version" "migrate_password" {
  secret                 = google_secret_manager_secret.this["migrate-password"].id
  secret_data_wo         = var.migrate_password
  secret_data_wo_version = var.migrate_password_version
  deletion_policy        = "DISABLE"

  lifecycle {
    create_before_destroy = true # there is always one that can be read
  }
}

# Each function reads its own secrets, one by one.
resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = {
    for pair in flatten([
      for name, f in local.functions_by_default : [for secret in values(f.secrets) : { function = name, secret = secret }]
    ]) : "${pair.function}-${pair.secret}" => pair
  }

  secret_id = google_secret_manager_secret.this[each.value.secret].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}
