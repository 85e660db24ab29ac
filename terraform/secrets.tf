# Terraform knows the secrets' names. Their values are put in by make bootstrap and by people (infra/playbooks/rotation.md),
# and stand in no state; those that Terraform writes, which hold passwords of the database, pass through write-only arguments.
locals {
  # function → setting → secret
  secrets_of = {
    for name, f in local.functions_by_default :
    name => merge(f.secrets, f.database == "pool" ? { DATABASE_URL = "${name}-database-url" } : {})
  }
  secrets         = toset(flatten([for settings in values(local.secrets_of) : values(settings)]))
  secrets_written = concat(["migrate-password"], [for name in keys(local.pool_logins) : local.secrets_of[name].DATABASE_URL])

  secret_ids = { for name in local.secrets : name => google_secret_manager_secret.this[name].secret_id }
  secret_versions = merge(
    { for name in local.secrets : name => lookup(var.secret_versions, name, "latest") },
    { migrate-password = google_secret_manager_secret_version.migrate_password.version },
    { for name, version in google_secret_manager_secret_version.database_url : local.secrets_of[name].DATABASE_URL => version.version },
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
    replace_triggered_by  = [google_sql_user.migrate.password_wo_version]
  }
}

# The pool's route: over the private address, with the password of the pool's login.
resource "google_secret_manager_secret_version" "database_url" {
  for_each = local.pool_logins

  secret = google_secret_manager_secret.this[local.secrets_of[each.key].DATABASE_URL].id
  secret_data_wo = local.pool_passwords[each.key] == null ? null : join("", [
    "postgresql://${google_sql_user.pool[each.key].name}:${local.pool_passwords[each.key]}@",
    "${google_sql_database_instance.main.private_ip_address}:5432/${google_sql_database.main.name}",
  ])
  secret_data_wo_version = var.pool_password_version
  deletion_policy        = "ABANDON" # revisions that run still read the version before

  lifecycle {
    create_before_destroy = true
    replace_triggered_by  = [google_sql_user.pool[each.key].name] # it names the login
  }
}

# Each function reads its own secrets, one by one.
resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = {
    for pair in flatten([
      for name, settings in local.secrets_of : [for secret in values(settings) : { function = name, secret = secret }]
    ]) : "${pair.function}-${pair.secret}" => pair
  }

  secret_id = google_secret_manager_secret.this[each.value.secret].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}
