# One entry is one function: its key is its folder in functions/, its name in the cloud, its field `function` in the logs
# and, capitalised, its entry point. A new function is a folder, an entry here, one in local.jobs (jobs.tf) and a
# playbook.
#
#   public     anyone may call it; otherwise only the identity that pushes messages may
#   topic      the topic whose messages are pushed to it; null for none
#   publishes  topics that it publishes to, beside the dead letters of its own
#   database   "pool", "direct" (one connection per invocation) or "none". A pool gets a route and a login of its own
#              (DATABASE_URL, in secrets.tf), so that its fallback does not take the very way that failed
#   login      on the connector's route: "iam" by the function's service account, "password" as the schema's owner, null
#              not at all
locals {
  functions_by_default = {
    onboarding = {
      public    = true
      topic     = null
      publishes = ["sync", "mail"]
      database  = "pool"
      login     = "iam"
      timeout   = 60
      # One instance is warm in the smallest deployment only while somebody is there; min_instances = 1 keeps it so.
      min_instances = 0
      max_instances = 1
      concurrency   = 80
      cpu           = "1"
      memory        = "512Mi"
      pool_max      = 3
      fallback_max  = 1
      env = {
        PUBLIC_URL       = local.public_url
        STRAVA_CLIENT_ID = var.strava_client_id
        MINIMUM_AGE      = tostring(var.minimum_age)
        # Its transactions wait for nobody else. One that a lost network orphans must not hold its locks for longer than
        # those who come next wait for them (DATABASE_LOCK_TIMEOUT, 5 s). Sync asks Strava within one, and keeps 15 s.
        DATABASE_IDLE_IN_TRANSACTION_TIMEOUT = "3s"
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
      publishes     = ["sync", "mail"]
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

    mail = {
      public        = false
      topic         = "mail"
      publishes     = []
      database      = "direct"
      login         = "iam"
      timeout       = 60
      min_instances = 0
      max_instances = 1
      concurrency   = 1
      cpu           = "1"
      memory        = "256Mi"
      pool_max      = 0
      fallback_max  = 0
      env = {
        PUBLIC_URL = local.public_url
        MAIL_FROM  = var.mail_from
      }
      secrets = { SMTP_URL = "smtp-url" }
    }
  }
}
