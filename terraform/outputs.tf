output "url" {
  description = "Where browsers find Train-D."
  value       = local.public_url
}

output "connections" {
  description = "The budget of database connections, as it was summed up."
  value       = local.connection_sum
}

output "database" {
  description = "Name of the Cloud SQL instance for gcloud, and of the connector's route."
  value       = { name = google_sql_database_instance.main.name, connection_name = google_sql_database_instance.main.connection_name }
}

output "secrets" {
  description = "Secrets that need a value before the functions that read them can start."
  value       = sort(setsubtract(local.secrets, local.secrets_written))
}

output "dead_letters" {
  description = "Subscriptions that keep what could not be handled."
  value       = sort([for topic in module.topic : topic.dead_letter_subscription])
}

output "dns_records" {
  description = "What to enter at the domain's registrar; empty without a domain."
  value = flatten([
    for mapping in google_cloud_run_domain_mapping.onboarding :
    [for status in mapping.status : [for record in status.resource_records : "${record.type} ${record.rrdata}"]]
  ])
}

output "next_steps" {
  description = "What remains to be done by hand."
  value = join("\n", [for i, step in concat(
    var.domain == "" ? [] : ["Enter at ${var.domain}'s registrar what `terraform output dns_records` says; the certificate follows within the hour."],
    ["At https://www.strava.com/settings/api set the Authorization Callback Domain to ${trimprefix(local.public_url, "https://")}."],
    ["Open ${local.public_url} and register."],
    var.webhook_subscription_id != 0 ? [] : ["Strava's events are believed from any push subscription: make one (infra/playbooks/webhook-silent.md), set webhook_subscription_id to its id and deploy again."],
    ["Look at https://console.cloud.google.com/monitoring/dashboards?project=${var.project} (dashboard Train-D)."],
    length(local.notification_channels) == 0 ? ["Nobody hears the alerts: set alert_emails or notification_channels and deploy again."] : [],
  ) : "${i + 1}. ${step}"])
}
