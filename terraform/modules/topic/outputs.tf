output "id" {
  description = "Id of the topic."
  value       = google_pubsub_topic.this.id
}

output "dead_letter_subscription" {
  description = "Name of the subscription that keeps the dead letters."
  value       = google_pubsub_subscription.dead_letter.name
}

output "declared" {
  description = "What was declared, for the tests."
  value = {
    push         = google_pubsub_subscription.push.push_config[0]
    dead_letter  = google_pubsub_subscription.push.dead_letter_policy[0]
    retry        = google_pubsub_subscription.push.retry_policy[0]
    ack_deadline = google_pubsub_subscription.push.ack_deadline_seconds
    kept_from    = google_pubsub_subscription.dead_letter.topic
    dead_topic   = google_pubsub_topic.dead_letter.id
    writers      = sort(keys(google_pubsub_topic_iam_member.dead_letter_publisher))
  }
}
