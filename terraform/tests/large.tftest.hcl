# A large deployment, and what is refused.
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

# The sizes of infra/README.md.
run "a_thousand_athletes" {
  command = plan

  variables {
    database_tier = "db-custom-1-3840"
    scale = {
      onboarding = { min_instances = 1, max_instances = 2, pool_max = 10, fallback_max = 2 }
      sync       = { max_instances = 10 }
    }
  }

  assert {
    condition     = output.connections == "dispatch 2 × 1 × 1 = 2, mail 2 × 1 × 1 = 2, migrate 2 × 1 × 1 = 2, onboarding 2 × 2 × 12 = 48, sync 2 × 10 × 1 = 20, reserve 3: 77 of 97"
    error_message = "The budget for a thousand athletes is ${output.connections}."
  }
}

run "a_hundred_thousand_athletes" {
  command = apply

  variables {
    domain                     = "train-d.example.com"
    database_tier              = "db-custom-8-30720"
    database_high_availability = true
    alert_emails               = ["operator@example.com"]
    scale = {
      onboarding = { min_instances = 2, max_instances = 10, pool_max = 10, fallback_max = 2 }
      webhook    = { max_instances = 10 }
      sync       = { max_instances = 120 }
    }
  }

  assert {
    condition     = output.connections == "dispatch 2 × 1 × 1 = 2, mail 2 × 1 × 1 = 2, migrate 2 × 1 × 1 = 2, onboarding 2 × 10 × 12 = 240, sync 2 × 120 × 1 = 240, reserve 3: 489 of 597"
    error_message = "The budget of the large deployment is ${output.connections}."
  }
  assert {
    condition     = google_sql_database_instance.main.settings[0].availability_type == "REGIONAL"
    error_message = "There is no standby."
  }
  assert {
    condition     = output.url == "https://train-d.example.com" && length(google_cloud_run_domain_mapping.onboarding) == 1
    error_message = "The domain is not Onboarding's."
  }
  assert {
    condition     = module.function["sync"].declared.env.PUSH_AUDIENCE == "https://sync-123456789012.europe-west1.run.app"
    error_message = "The domain is the browser's alone; messages go to the function's own address."
  }
  assert {
    condition     = alltrue([for alert in module.alert : length(alert.declared.channels) == 1])
    error_message = "An alert reaches nobody."
  }
}

run "sync_on_the_pool" {
  command = apply

  variables {
    database_tier = "db-g1-small"
    sync_use_pool = true
    scale         = { sync = { concurrency = 4, pool_max = 4, fallback_max = 1 } }
  }

  assert {
    condition     = module.function["sync"].declared.env.SYNC_USE_POOL == "true" && module.function["sync"].declared.env.DATABASE_CONNECTION_LIMIT == "5"
    error_message = "Sync's pool does not have its share."
  }
  assert {
    condition = (
      module.function["sync"].declared.secrets.DATABASE_URL == "sync-database-url" && google_sql_user.pool["sync"].name == "sync-1" &&
      contains(keys(google_secret_manager_secret_iam_member.reader), "sync-sync-database-url")
    )
    error_message = "Sync's pool has no route of its own."
  }
  assert {
    condition     = contains(split(",", module.function["migrate"].declared.env.DATABASE_LOGINS), "sync-1:sync")
    error_message = "The login of Sync's pool gets no rights."
  }
}

run "a_version_of_a_secret_that_nobody_fills_is_refused" {
  command = plan

  variables {
    secret_versions = { token-keysett = "2" }
  }

  expect_failures = [var.secret_versions]
}

run "a_version_that_is_no_number_is_refused" {
  command = plan

  variables {
    secret_versions = { token-keyset = "newest" }
  }

  expect_failures = [var.secret_versions]
}

# Ten times the owner's ten connections on the smallest machine (I12).
run "budget_is_refused_when_broken" {
  command = plan

  variables {
    scale = { onboarding = { max_instances = 10, pool_max = 10 } }
  }

  expect_failures = [google_sql_database_instance.main]
}

run "one_connection_too_many_is_refused" {
  command = plan

  variables {
    connection_reserve = 5
  }

  expect_failures = [google_sql_database_instance.main]
}

run "a_size_for_no_function_is_refused" {
  command = plan

  variables {
    scale = { onbording = { max_instances = 2 } }
  }

  expect_failures = [google_sql_database_instance.main]
}

run "an_archive_that_was_not_made_is_refused" {
  command = plan

  variables {
    archives = "tests"
  }

  expect_failures = [google_storage_bucket_object.archive]
}

run "mistakes_in_settings_are_refused" {
  command = plan

  variables {
    region                = "Belgium"
    domain                = "https://train-d.example.com"
    strava_client_id      = "my app"
    mail_from             = "nobody"
    database_tier         = "db-n1-standard-1"
    stream_retention_days = -1
    minimum_age           = 12
    connection_reserve    = 0
    alert_emails          = ["operator"]
    pool_password_version = 0
    playbooks_url         = "http://playbooks/"
  }

  expect_failures = [
    var.region, var.domain, var.strava_client_id, var.mail_from, var.database_tier, var.stream_retention_days, var.minimum_age, var.connection_reserve,
    var.alert_emails, var.pool_password_version, var.playbooks_url,
  ]
}
