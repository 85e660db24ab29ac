# The smallest deployment: what holds of every one. Providers are mocked, so nothing is contacted.
mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

variables {
  project          = "train-d-test"
  strava_client_id = "12345"
  mail_from        = "Train-D <no-reply@example.com>"
  migrate_password = "made-up"
  pool_password    = "made-up"
  archives         = "tests/archives"
}

run "no_public_database_and_every_share_of_its_connections" {
  command = apply

  assert {
    condition     = google_sql_database_instance.main.settings[0].ip_configuration[0].ipv4_enabled == false
    error_message = "The database has a public address."
  }
  assert {
    condition     = length(google_sql_database_instance.main.settings[0].ip_configuration[0].authorized_networks) == 0
    error_message = "The database lets networks in."
  }
  assert {
    condition     = google_sql_database_instance.main.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY"
    error_message = "The database takes connections in plain text."
  }
  assert {
    condition = (
      google_sql_database_instance.main.deletion_protection &&
      google_sql_database_instance.main.settings[0].backup_configuration[0].enabled &&
      google_sql_database_instance.main.settings[0].backup_configuration[0].point_in_time_recovery_enabled
    )
    error_message = "The database can be deleted in passing, or can't be restored to a point in time."
  }
  assert {
    condition     = contains([for f in google_sql_database_instance.main.settings[0].database_flags : "${f.name}=${f.value}"], "max_connections=25")
    error_message = "The server's max_connections is not the number that the budget counts with."
  }
  assert {
    condition     = output.connections == "dispatch 2 × 1 × 1 = 2, mail 2 × 1 × 1 = 2, migrate 2 × 1 × 1 = 2, onboarding 2 × 1 × 4 = 8, sync 2 × 2 × 1 = 4, reserve 3: 21 of 22"
    error_message = "The budget of the smallest deployment is ${output.connections}."
  }

  assert {
    condition = alltrue([
      for name, f in module.function : f.declared.env.DATABASE_CONNECTION_LIMIT == tostring(local.connections[name].per_instance)
      if local.functions[name].database != "none"
    ])
    error_message = "A function does not get its share of the connections."
  }
  assert {
    condition = (
      tonumber(module.function["onboarding"].declared.env.DATABASE_POOL_MAX) + tonumber(module.function["onboarding"].declared.env.DATABASE_FALLBACK_MAX) ==
      tonumber(module.function["onboarding"].declared.env.DATABASE_CONNECTION_LIMIT)
    )
    error_message = "Onboarding's pool and fallback are not its share."
  }
  assert {
    condition     = strcontains(google_logging_project_exclusion.secret_paths.filter, "service_name=\"${module.function["webhook"].name}\"")
    error_message = "The platform logs the webhook's address, which is a secret."
  }
  assert {
    condition     = !contains(keys(module.function["webhook"].declared.env), "CLOUD_SQL_INSTANCE")
    error_message = "Webhook has no business with the database."
  }
  assert {
    condition = (
      module.function["migrate"].declared.env.CLOUD_SQL_IAM_LOGIN == "false" &&
      alltrue([for name in ["onboarding", "dispatch", "sync", "mail"] : module.function[name].declared.env.CLOUD_SQL_IAM_LOGIN == "true"])
    )
    error_message = "Migrate alone logs in with a password."
  }
  assert {
    condition = toset(split(",", module.function["migrate"].declared.env.DATABASE_LOGINS)) == toset(concat(
      [for name, login in google_sql_user.iam : "${login.name}:${name}"],
      [for name, login in google_sql_user.pool : "${login.name}:${name}"],
    ))
    error_message = "Migrate does not know every login."
  }
}

# A fallback on the way that failed would be none.
run "the_pool_has_a_route_of_its_own" {
  command = apply

  assert {
    condition = alltrue([
      for name, f in module.function :
      (lookup(f.declared.secrets, "DATABASE_URL", "") == "${name}-database-url") == (local.functions[name].database == "pool") &&
      contains(keys(f.declared.env), "CLOUD_SQL_INSTANCE") == (local.functions[name].database != "none")
    ])
    error_message = "Pools have both routes, and what is direct has the connector's alone."
  }
  assert {
    condition = (
      module.function["onboarding"].declared.env.DATABASE_TLS == "require" &&
      google_sql_database_instance.main.settings[0].connector_enforcement == "NOT_REQUIRED"
    )
    error_message = "The private address is dialled in plain text, or lets connectors in alone."
  }
  assert {
    condition = alltrue([
      for name, f in module.function : f.declared.network == (local.functions[name].database == "none" ? null : "PRIVATE_RANGES_ONLY")
    ])
    error_message = "A function that needs the database is not on its network, or another one is."
  }
  assert {
    condition     = toset(keys(google_sql_user.pool)) == toset(["onboarding"]) && google_sql_user.pool["onboarding"].name == "onboarding-1"
    error_message = "Pools have a login each, and nothing else has one with a password."
  }
  assert {
    condition     = module.function["onboarding"].declared.versions.DATABASE_URL == google_secret_manager_secret_version.database_url["onboarding"].version
    error_message = "Onboarding does not read the address that was written for it."
  }
}

# Raised once: a login beside the one before, whose instances still run.
run "a_new_password_comes_with_a_new_login" {
  command = plan

  variables {
    pool_password_version = 2
  }

  assert {
    condition = (
      google_sql_user.pool["onboarding"].name == "onboarding-2" && google_sql_user.pool["onboarding"].deletion_policy == "ABANDON" &&
      google_secret_manager_secret_version.database_url["onboarding"].secret_data_wo_version == 2 &&
      google_secret_manager_secret_version.database_url["onboarding"].deletion_policy == "ABANDON"
    )
    error_message = "A new password puts out the instances that still have the old one."
  }
}

run "dead_letters_and_the_push_identity_alone" {
  command = plan
  plan_options {
    refresh = false
  }

  assert {
    condition     = toset(keys(module.topic)) == toset([for f in values(local.functions) : f.topic if f.topic != null])
    error_message = "A function's topic is not declared."
  }
  assert {
    condition = alltrue([
      for t in module.topic :
      t.declared.dead_letter.dead_letter_topic == t.declared.dead_topic && t.declared.kept_from == t.declared.dead_topic &&
      t.declared.dead_letter.max_delivery_attempts == 100 && contains(t.declared.writers, "pubsub")
    ])
    error_message = "A subscription has no dead letter, or Pub/Sub may not write it, or nothing keeps it."
  }
  assert {
    condition     = alltrue([for topic, name in local.consumers : contains(module.topic[topic].declared.writers, name)])
    error_message = "A function may not put its bad messages aside."
  }
  assert {
    condition = alltrue([
      for topic, name in local.consumers :
      module.topic[topic].declared.push.push_endpoint == "https://${name}-123456789012.europe-west1.run.app" &&
      module.topic[topic].declared.push.oidc_token[0].audience == module.function[name].declared.env.PUSH_AUDIENCE &&
      module.topic[topic].declared.push.push_endpoint == module.function[name].declared.env.PUSH_AUDIENCE &&
      module.topic[topic].declared.push.oidc_token[0].service_account_email == module.function[name].declared.env.PUSH_SERVICE_ACCOUNT
    ])
    error_message = "A push goes elsewhere, or says that it is for or from somebody else, than its function believes."
  }
  assert {
    condition = alltrue([
      for topic, name in local.consumers :
      module.topic[topic].declared.ack_deadline >= local.functions[name].timeout && module.topic[topic].declared.retry.maximum_backoff == "600s"
    ])
    error_message = "A message is delivered again while its function is still at work."
  }
  assert {
    condition     = jsondecode(base64decode(google_cloud_scheduler_job.tick.pubsub_target[0].data)) == { kind = "tick" }
    error_message = "The scheduler does not send a tick."
  }

  assert {
    condition = alltrue([
      for name, f in module.function : f.declared.invokers == toset([google_service_account.push.member]) && f.declared.ingress == "ALLOW_INTERNAL_ONLY"
      if local.functions[name].topic != null
    ])
    error_message = "Somebody else than the push identity may call a function that takes messages."
  }
  assert {
    condition     = toset([for name, f in local.functions : name if f.public]) == toset(["onboarding", "webhook"])
    error_message = "Other functions than those for browsers and for Strava are public."
  }
  assert {
    condition = alltrue([
      for binding in concat(values(google_project_iam_member.database), [google_project_iam_member.builder]) :
      contains(["roles/cloudsql.client", "roles/cloudsql.instanceUser", "roles/logging.logWriter"], binding.role)
    ])
    error_message = "An identity has a role over the whole project that it should not have."
  }
  assert {
    condition     = strcontains(google_project_iam_member.builder_source.condition[0].expression, "gcf-v2-sources-123456789012-europe-west1")
    error_message = "Builds may read every bucket of the project."
  }
  assert {
    condition     = length(distinct([for name, account in google_service_account.function : account.account_id])) == length(local.functions)
    error_message = "Two functions share an identity."
  }
  assert {
    condition = toset(keys(google_secret_manager_secret_iam_member.reader)) == toset(flatten([
      for name, f in module.function : [for secret in values(f.declared.secrets) : "${name}-${secret}"]
    ]))
    error_message = "A function may read other secrets than its own."
  }
}

run "secrets_never_plain_and_built_from_the_archives" {
  command = plan
  plan_options {
    refresh = false
  }

  assert {
    condition = alltrue([
      for name, f in module.function : length(setintersection(
        keys(f.declared.env),
        ["STRAVA_CLIENT_SECRET", "TOKEN_KEYSET", "DATABASE_PASSWORD", "DATABASE_URL", "WEBHOOK_PATH", "WEBHOOK_VERIFY_TOKEN"],
      )) == 0 && !strcontains(jsonencode(f.declared), "postgresql://")
    ])
    error_message = "A secret stands in a plain setting."
  }
  assert {
    condition     = alltrue([for f in module.function : !strcontains(jsonencode(f.declared), "made-up")])
    error_message = "A password stands in a function's settings."
  }
  assert {
    condition = alltrue([
      for version in concat([google_secret_manager_secret_version.migrate_password], values(google_secret_manager_secret_version.database_url)) :
      version.secret_data == null
    ])
    error_message = "A password of the database stands in the state, as a secret."
  }
  assert {
    condition = alltrue([
      for login in concat([google_sql_user.migrate], values(google_sql_user.pool)) : login.password == null
    ])
    error_message = "A password of the database stands in the state, as a login's."
  }
  assert {
    condition     = contains(keys(module.function["sync"].declared.secrets), "TOKEN_KEYSET")
    error_message = "Sync can't unseal tokens."
  }

  assert {
    condition = alltrue([
      for name, f in module.function : f.declared.runtime == "go126" && f.declared.entry_point == title(name) &&
      f.declared.archive == "${name}-hash-of-${name}.zip"
    ])
    error_message = "A function is not built from the archive that its hash names, or by another Go."
  }
  assert {
    condition     = module.function["sync"].declared.concurrency == 1 && module.function["dispatch"].declared.max == 1
    error_message = "Sync takes one message at a time, and one Dispatch is enough."
  }
  assert {
    condition     = output.url == "https://onboarding-123456789012.europe-west1.run.app" && module.function["onboarding"].declared.env.PUBLIC_URL == output.url
    error_message = "PUBLIC_URL is not the address that is there before anything exists."
  }
  assert {
    condition     = strcontains(output.next_steps, "Nobody hears the alerts")
    error_message = "Alerts without a channel go unmentioned."
  }
}

run "alerts_cover_every_function" {
  command = plan
  plan_options {
    refresh = false
  }

  assert {
    condition     = toset(keys(local.jobs)) == toset(keys(local.functions))
    error_message = "A function has no entry in local.jobs, or the other way round."
  }
  assert {
    condition = alltrue([
      for name in keys(local.functions) : anytrue([
        for alert in module.alert : anytrue([for filter in alert.declared.filters : strcontains(filter, "metric.labels.function=\"${name}\"")])
      ]) && contains(keys(module.alert), "${name}-silent")
    ])
    error_message = "A function fails or falls silent, and no alert says so."
  }
  assert {
    condition = alltrue([
      for name, alert in module.alert : alltrue([for link in alert.declared.links : startswith(link, "https://github.com/train-d/train-d/blob/main/infra/playbooks/")])
      && length(alert.declared.links) == 1
    ])
    error_message = "An alert links no playbook."
  }
  assert {
    condition     = jsondecode(google_monitoring_dashboard.main.dashboard_json).displayName == "Train-D"
    error_message = "The dashboard is not what it should be."
  }
}
