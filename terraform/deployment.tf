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
    for setting, secret in local.secrets_of[each.key] :
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
    google_sql_user.pool,
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
