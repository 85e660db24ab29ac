# One entry is one function: its key is its folder in functions/, its name in the cloud, its field `function` in the logs
# and, capitalised, its entry point. A new function is a folder, an entry here, one in local.jobs (monitoring.tf) and a
# playbook. Mail's entry will stand behind migrate's: topic = "mail", with the mail server's settings and password.
#
#   public     anyone may call it; otherwise only the identity that pushes messages may
#   topic      the topic whose messages are pushed to it; null for none
#   publishes  topics that it publishes to, beside the dead letters of its own
#   database   "pool", "direct" (one connection per invocation) or "none"
#   login      "iam" logs in by the function's service account, "password" as the schema's owner, null not at all
locals {
  functions_by_default = {
    onboarding = {
      public    = true
      topic     = null
      publishes = ["sync"]
      database  = "pool"
      login     = "iam"
      timeout   = 60
      # One instance is warm in the smallest deployment only while somebody is there; min_instances = 1 keeps it so.
      min_instances = 0
      max_instances = 1
      concurrency   = 80
      cpu           = "1"
      memory        = "512Mi"
      pool_max      = 4
      fallback_max  = 1
      env = {
        PUBLIC_URL       = local.public_url
        STRAVA_CLIENT_ID = var.strava_client_id
      }
      secrets = {
        STRAVA_CLIENT_SECRET = "strava-client-secret"
        TOKEN_KEYSET         = "token-keyset"
      }
    }

    webhook = {
      public        = true
      topic         = null
      publishes     = ["sync"]
      database      = "none"
      login         = null
      timeout       = 10 # Strava waits 2 s
      min_instances = 0
      max_instances = 2
      concurrency   = 80
      cpu           = "1"
      memory        = "256Mi"
      pool_max      = 0
      fallback_max  = 0
      env           = { WEBHOOK_SUBSCRIPTION_ID = tostring(var.webhook_subscription_id) }
      secrets = {
        WEBHOOK_PATH         = "webhook-path"
        WEBHOOK_VERIFY_TOKEN = "webhook-verify-token"
      }
    }

    dispatch = {
      public        = false
      topic         = "schedule"
      publishes     = ["sync"]
      database      = "direct"
      login         = "iam"
      timeout       = 60
      min_instances = 0
      max_instances = 1 # overlapping ticks would be harmless, and of no use (I32)
      concurrency   = 1
      cpu           = "1"
      memory        = "256Mi"
      pool_max      = 0
      fallback_max  = 0
      env           = {}
      secrets       = {}
    }

    sync = {
      public        = false
      topic         = "sync"
      publishes     = ["sync"]
      database      = var.sync_use_pool ? "pool" : "direct"
      login         = "iam"
      timeout       = 540 # the push waits at most 600 s
      min_instances = 0
      max_instances = 2
      concurrency   = 1
      cpu           = "1"
      memory        = "512Mi"
      pool_max      = 1
      fallback_max  = 0
      env = {
        STRAVA_CLIENT_ID      = var.strava_client_id
        STREAM_RETENTION_DAYS = tostring(var.stream_retention_days)
        SYNC_USE_POOL         = tostring(var.sync_use_pool)
      }
      secrets = {
        STRAVA_CLIENT_SECRET = "strava-client-secret"
        TOKEN_KEYSET         = "token-keyset"
      }
    }

    migrate = {
      public        = false
      topic         = "migrate"
      publishes     = []
      database      = "direct"
      login         = "password"
      timeout       = 540
      min_instances = 0
      max_instances = 1
      concurrency   = 1
      cpu           = "1"
      memory        = "256Mi"
      pool_max      = 0
      fallback_max  = 0
      env = {
        # A migration may take as long as the function may.
        DATABASE_STATEMENT_TIMEOUT = "500s"
      }
      secrets = { DATABASE_PASSWORD = "migrate-password" }
    }
  }

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
        DATABASE_LOGINS = join(",", [for other, login in local.iam_logins : "${other}:${login}"])
      },
      f.database != "pool" ? {} : {
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

resource "google_service_account" "function" {
  for_each = local.functions_by_default

  account_id   = "train-d-${each.key}"
  display_name = "Train-D function ${each.key}"
}

# The identity that pushes messages. It may call the functions that take messages, and nothing else.
resource "google_service_account" "push" {
  account_id   = "train-d-push"
  display_name = "Train-D pushes of Pub/Sub"
}

module "function" {
  source   = "./modules/function"
  for_each = local.functions

  name            = each.key
  project         = var.project
  region          = var.region
  entry_point     = title(each.key)
  archive         = { bucket = google_storage_bucket.archives.name, object = google_storage_bucket_object.archive[each.key].name }
  repository      = google_artifact_registry_repository.functions.id
  builder         = google_service_account.builder.id
  service_account = google_service_account.function[each.key].email
  invokers        = each.value.public ? ["allUsers"] : [google_service_account.push.member]
  internal        = !each.value.public
  vpc_connector   = each.value.database == "none" ? null : google_vpc_access_connector.main.id

  timeout       = each.value.timeout
  min_instances = each.value.min_instances
  max_instances = each.value.max_instances
  concurrency   = each.value.concurrency
  cpu           = each.value.cpu
  memory        = each.value.memory

  # The platform itself tells CLOUD_RUN_TIMEOUT_SECONDS.
  env = merge(
    local.common_env,
    local.database_env[each.key],
    local.push_env[each.key],
    each.value.env,
  )
  secrets = {
    for setting, secret in each.value.secrets :
    setting => { secret = local.secret_ids[secret], version = local.secret_versions[secret] }
  }

  # A revision that may not read its secrets, log in or be built does not start.
  depends_on = [
    google_project_iam_member.builder,
    google_project_iam_member.builder_source,
    google_artifact_registry_repository_iam_member.builder,
    google_storage_bucket_iam_member.builder,
    google_project_iam_member.database,
    google_secret_manager_secret_iam_member.reader,
    google_sql_user.iam,
  ]
}

# With a domain of one's own. Its owner must be verified (gcloud domains verify); the output dns_records says what to enter.
resource "google_cloud_run_domain_mapping" "onboarding" {
  count = var.domain == "" ? 0 : 1

  name     = var.domain
  location = var.region
  metadata {
    namespace = var.project
  }
  spec {
    route_name = module.function["onboarding"].name
  }
}
