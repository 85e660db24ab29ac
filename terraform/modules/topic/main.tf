terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }
}

locals {
  week = "604800s" # long enough to find a mistake and seek back
}

resource "google_pubsub_topic" "this" {
  name                       = var.name
  message_retention_duration = local.week
}

# Own subscriptions, never an event trigger: that has no dead letter and drops messages after a day.
resource "google_pubsub_subscription" "push" {
  name                       = var.name
  topic                      = google_pubsub_topic.this.id
  ack_deadline_seconds       = var.ack_deadline
  message_retention_duration = local.week

  push_config {
    push_endpoint = var.address
    oidc_token {
      service_account_email = var.push_account
      audience              = var.address
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letter.id
    max_delivery_attempts = var.max_delivery_attempts
  }

  expiration_policy {
    ttl = "" # never
  }
}

resource "google_pubsub_topic" "dead_letter" {
  name = "${var.name}-dead-letter"
}

# Keeps the dead letters until somebody has looked at them.
resource "google_pubsub_subscription" "dead_letter" {
  name                       = "${var.name}-dead-letter"
  topic                      = google_pubsub_topic.dead_letter.id
  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s" # a month, the longest that there is

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = var.publishers

  topic  = google_pubsub_topic.this.id
  role   = "roles/pubsub.publisher"
  member = each.value
}

resource "google_pubsub_topic_iam_member" "dead_letter_publisher" {
  for_each = merge(var.dead_letter_publishers, { pubsub = var.pubsub_agent })

  topic  = google_pubsub_topic.dead_letter.id
  role   = "roles/pubsub.publisher"
  member = each.value
}

# Pub/Sub takes a message out of the subscription when it makes a dead letter of it.
resource "google_pubsub_subscription_iam_member" "pubsub_takes" {
  subscription = google_pubsub_subscription.push.name
  role         = "roles/pubsub.subscriber"
  member       = var.pubsub_agent
}
