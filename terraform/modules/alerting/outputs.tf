output "declared" {
  description = "What was declared, for the tests."
  value = {
    filters  = [for c in var.conditions : c.filter]
    links    = google_monitoring_alert_policy.this.documentation[0].links[*].url
    channels = google_monitoring_alert_policy.this.notification_channels
  }
}
