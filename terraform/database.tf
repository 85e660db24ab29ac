resource "google_sql_database_instance" "main" {
  name                = var.database_instance
  region              = var.region
  database_version    = "POSTGRES_15" # what the tests run on; from 16 on Migrate may not demote a login that Cloud SQL made
  deletion_protection = var.deletion_protection

  settings {
    tier                        = var.database_tier
    edition                     = "ENTERPRISE"
    availability_type           = var.database_high_availability ? "REGIONAL" : "ZONAL"
    deletion_protection_enabled = var.deletion_protection
    connector_enforcement       = "NOT_REQUIRED" # pools dial the address itself
    retain_backups_on_delete    = true
    disk_type                   = "PD_SSD"
    disk_autoresize             = true

    ip_configuration {
      ipv4_enabled    = false # no public address (I34)
      private_network = google_compute_network.main.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "02:00"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7
      backup_retention_settings {
        retained_backups = var.backup_retention
      }
    }

    maintenance_window {
      day  = 2
      hour = 3
    }

    insights_config {
      query_insights_enabled  = true
      query_string_length     = 1024
      record_application_tags = true
      record_client_address   = false
    }

    database_flags {
      name  = "cloudsql.iam_authentication"
      value = "on"
    }
    database_flags {
      name  = "max_connections"
      value = tostring(local.max_connections)
    }
    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }
    # The server would log parameters too, which are tokens and hashes (I08). The functions log slow statements by name.
    database_flags {
      name  = "log_min_duration_statement"
      value = "-1"
    }
  }

  lifecycle {
    precondition {
      condition     = local.connections_needed <= local.connections_available
      error_message = <<-EOT
        The functions may open more connections than the database has.
        Two revisions × instances × connections per instance: ${local.connection_sum}.
        max_connections is ${local.max_connections}, of which ${local.superuser_reserved} are the server's own.
        Lower max_instances, pool_max, fallback_max or concurrency in var.scale, or choose a larger database_tier.
      EOT
    }
    precondition {
      condition     = length(setsubtract(keys(var.scale), keys(local.functions_by_default))) == 0
      error_message = "var.scale names functions that there are none of. There are: ${join(", ", keys(local.functions_by_default))}."
    }
  }

  depends_on = [google_service_networking_connection.google_services]
}

resource "google_sql_database" "main" {
  name     = "train-d"
  instance = google_sql_database_instance.main.name
  # Dropping the database is nothing that a plan does in passing.
  deletion_policy = "ABANDON"
}

locals {
  # Cloud SQL's name for a service account's login is its e-mail without the last part.
  iam_logins = {
    for name, f in local.functions_by_default :
    name => trimsuffix(google_service_account.function[name].email, ".gserviceaccount.com") if f.login == "iam"
  }

  # A new password comes with a new login, so that the one before still serves while instances with the old address run.
  pool_logins = { for name, f in local.functions_by_default : name => "${name}-${var.pool_password_version}" if f.database == "pool" }
  # One is made up at a time; each login's is drawn from it, so that no function can tell another's.
  pool_passwords = {
    for name in keys(local.pool_logins) :
    name => var.pool_password == null ? null : substr(sha256("${name} ${var.pool_password}"), 0, 48)
  }
}

# On the connector's route functions log in by IAM, without a password. What they may do comes from their group role, which
# Migrate makes all their logins members of (DATABASE_LOGINS).
resource "google_sql_user" "iam" {
  for_each = { for name, f in local.functions_by_default : name => f if f.login == "iam" }

  name            = local.iam_logins[each.key]
  instance        = google_sql_database_instance.main.name
  type            = "CLOUD_IAM_SERVICE_ACCOUNT"
  deletion_policy = "ABANDON" # a login that owns or is granted something can't be dropped
}

# A pool dials the private address, where a login has a password. Cloud SQL makes it one of its administrators, which Migrate
# takes back before anybody knows the password.
resource "google_sql_user" "pool" {
  for_each = local.pool_logins

  name                = each.value
  instance            = google_sql_database_instance.main.name
  password_wo         = local.pool_passwords[each.key]
  password_wo_version = var.pool_password_version
  deletion_policy     = "ABANDON" # old instances still use it; infra/playbooks/rotation.md drops it
}

# The schema's owner makes roles, which logins by IAM can't. Its password is in Secret Manager and in no state.
resource "google_sql_user" "migrate" {
  name                = "migrate"
  instance            = google_sql_database_instance.main.name
  password_wo         = var.migrate_password
  password_wo_version = var.migrate_password_version
  deletion_policy     = "ABANDON"
}

# Reaching the instance, and logging in to it where that goes by IAM. A project holds one instance, so the project is the scope.
resource "google_project_iam_member" "database" {
  for_each = merge(
    { for name, f in local.functions_by_default : "${name}-client" => { name = name, role = "roles/cloudsql.client" } if f.login != null },
    { for name, f in local.functions_by_default : "${name}-login" => { name = name, role = "roles/cloudsql.instanceUser" } if f.login == "iam" },
  )

  project = var.project
  role    = each.value.role
  member  = google_service_account.function[each.value.name].member
}
