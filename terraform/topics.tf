locals {
  # topic → the function that its messages are pushed to
  consumers = { for name, f in local.functions_by_default : f.topic => name if f.topic != null }

  # Pub/Sub's own identity in this project, which signs pushes and moves dead letters.
  pubsub_agent = "serviceAccount:service-${local.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

module "topic" {
  source   = "./modules/topic"
  for_each = local.consumers

  name         = each.key
  address      = local.addresses[each.value]
  push_account = google_service_account.push.email
  pubsub_agent = local.pubsub_agent
  # The push's answer is waited for as long as the function may take, and a little more.
  ack_deadline = min(600, local.functions_by_default[each.value].timeout + 30)
  publishers = {
    for name, f in local.functions_by_default :
    name => google_service_account.function[name].member if contains(f.publishes, each.key)
  }
  dead_letter_publishers = { (each.value) = google_service_account.function[each.value].member }

  depends_on = [google_project_service.this]
}

# Pub/Sub may sign tokens of the identity that pushes, and of no other.
resource "google_service_account_iam_member" "pubsub_signs_pushes" {
  service_account_id = google_service_account.push.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.pubsub_agent
}

# The only thing that time sets off. Dispatch finds whatever is due, so one job is enough for ever.
resource "google_cloud_scheduler_job" "tick" {
  name        = "tick"
  description = "Wakes Dispatch, which publishes what is due."
  region      = var.region
  schedule    = "* * * * *"
  time_zone   = "Etc/UTC"

  pubsub_target {
    topic_name = module.topic["schedule"].id
    data       = base64encode(jsonencode({ kind = "tick" }))
  }
}
