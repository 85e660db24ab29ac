# What each function is given: its size, its addresses and its settings.
locals {
  functions = {
    for name, preset in local.functions_by_default :
    name => merge(preset, { for key, value in try(var.scale[name], {}) : key => value if value != null })
  }

  # Computed before anything exists: a function that needs its own address would otherwise be a cycle.
  address_end = "-${local.project_number}.${var.region}.run.app"
  addresses   = { for name in keys(local.functions_by_default) : name => "https://${name}${local.address_end}" }
  public_url  = var.domain == "" ? "https://onboarding${local.address_end}" : "https://${var.domain}"

  common_env = { GOOGLE_CLOUD_PROJECT = var.project }

  database_env = {
    for name, f in local.functions : name => f.database == "none" ? {} : merge(
      {
        CLOUD_SQL_INSTANCE        = google_sql_database_instance.main.connection_name
        CLOUD_SQL_IAM_LOGIN       = tostring(f.login == "iam")
        CLOUD_SQL_IP              = "private"
        DATABASE_NAME             = google_sql_database.main.name
        DATABASE_USER             = f.login == "iam" ? local.iam_logins[name] : google_sql_user.migrate.name
        DATABASE_CONNECTION_LIMIT = tostring(local.connections[name].per_instance)
      },
      # The schema's owner makes the other logins members of their groups.
      f.login != "password" ? {} : {
        DATABASE_LOGINS = join(",", [for pair in concat(
          [for other, login in local.iam_logins : { login = login, function = other }],
          [for other, login in local.pool_logins : { login = login, function = other }],
        ) : "${pair.login}:${pair.function}"])
      },
      # The pool has a route of its own: its DATABASE_URL is a secret (secrets.tf), and what stands here of the connector is for
      # direct and fallback connections.
      f.database != "pool" ? {} : {
        DATABASE_TLS          = "require"
        DATABASE_POOL_MIN     = tostring(min(2, f.pool_max))
        DATABASE_POOL_MAX     = tostring(f.pool_max)
        DATABASE_FALLBACK_MAX = tostring(f.fallback_max)
      },
    )
  }

  push_env = {
    for name, f in local.functions : name => f.topic == null ? {} : {
      PUSH_AUDIENCE        = local.addresses[name]
      PUSH_SERVICE_ACCOUNT = google_service_account.push.email
    }
  }
}
