# Alerts on subjects that are no function's alone; those on functions stand in jobs.tf. Windows are seconds, see
# modules/alerting for how a condition is read.
locals {
  subject_alerts = {
    fallback = {
      severity = "ERROR"
      playbook = "database.md"
      about    = "The connection pool keeps failing and direct connections take over: visitors notice nothing yet, and the next failure is theirs."
      conditions = [
        { name = "fallbacks in every five minutes of a quarter of an hour", filter = local.metric_filters.fallbacks, window = 300, above = 0, for = 900 },
        { name = "fallbacks again and again within hours", filter = local.metric_filters.fallbacks, window = 21600, above = 20 },
      ]
    }
    pool-never-up = {
      severity   = "CRITICAL"
      playbook   = "pool-never-up.md"
      about      = "A new instance could not build its pool at first use. Behind the fallback that goes unnoticed for months."
      conditions = [{ name = "pool failed at first use", filter = local.metric_filters.pool_failures, window = 300, above = 0 }]
    }
    slow-queries = {
      severity   = "WARNING"
      playbook   = "slow-queries.md"
      about      = "Statements take longer than the threshold, more than a few of them."
      conditions = [{ name = "slow statements", filter = local.metric_filters.slow_queries, window = 900, above = 20 }]
    }
    connection-budget = {
      severity = "ERROR"
      playbook = "connection-budget.md"
      about    = "Four fifths of the ${local.connections_available} connections that the database has for the functions are open."
      conditions = [{
        name    = "connections"
        filter  = "metric.type=\"cloudsql.googleapis.com/database/postgresql/num_backends\" AND resource.type=\"cloudsql_database\" AND resource.labels.database_id=\"${var.project}:${google_sql_database_instance.main.name}\""
        window  = 60
        above   = floor(0.8 * local.connections_available)
        for     = 120
        aligner = "ALIGN_MAX"
      }]
    }
    dead-letters = {
      severity = "ERROR"
      playbook = "dead-letters.md"
      about    = "Messages were put aside, by a function that can't handle them or by Pub/Sub after a hundred attempts."
      conditions = [
        { name = "put aside by a function", filter = local.metric_filters.dead_letters, window = 300, above = 0 },
        {
          name     = "waiting to be looked at"
          filter   = "metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=one_of(${join(", ", [for topic in module.topic : "\"${topic.dead_letter_subscription}\""])})"
          window   = 300
          above    = 0
          aligner  = "ALIGN_MAX"
          group_by = ["resource.label.subscription_id"]
        },
      ]
    }
    freshness = {
      severity = "ERROR"
      playbook = "freshness.md"
      about    = "Athletes' data gets old: what is due waits for a worker, and the objective's budget for a month is being spent ten times too fast."
      conditions = [{
        name    = "budget of the freshness objective"
        filter  = "select_slo_burn_rate(\"${google_monitoring_slo.freshness.name}\", \"3600s\")"
        window  = 3600
        above   = 10
        aligner = ""
      }]
    }
    parked-work = {
      severity   = "WARNING"
      playbook   = "parked-work.md"
      about      = "Work on an athlete's activities was set aside because trying it again does not help."
      conditions = [{ name = "units parked", filter = local.metric_filters.units_parked, window = 3600, above = 0 }]
    }
    quota-exhausted = {
      severity   = "WARNING"
      playbook   = "quota-exhausted.md"
      about      = "Strava's quota is used up even for what people and webhooks wait for."
      conditions = [{ name = "urgent calls refused", filter = local.metric_filters.quota_urgent, window = 900, above = 5 }]
    }
    erasure-late = {
      severity   = "CRITICAL"
      playbook   = "erasure-late.md"
      about      = "An athlete's data should have been erased a day ago and is not: a promise broken by law."
      conditions = [{ name = "erasures late", filter = local.metric_filters.erasures_late, window = 300, above = 0 }]
    }
    app-blocked = {
      severity   = "CRITICAL"
      playbook   = "app-blocked.md"
      about      = "Strava refuses the app as a whole. No athlete is at fault, and none gets new activities."
      conditions = [{ name = "refusals of the app", filter = local.metric_filters.app_blocked, window = 300, above = 0 }]
    }
  }

  alerts = merge(local.failing_alerts, local.silent_alerts, local.subject_alerts)

  notification_channels = concat(var.notification_channels, [for channel in google_monitoring_notification_channel.email : channel.name])
}

module "alert" {
  source   = "./modules/alerting"
  for_each = local.alerts

  name       = each.key
  about      = each.value.about
  severity   = each.value.severity
  playbook   = "${var.playbooks_url}/${each.value.playbook}"
  conditions = each.value.conditions
  channels   = local.notification_channels
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  display_name = each.key
  type         = "email"
  labels       = { email_address = each.key }
}
