# Metrics counted from log entries, by the names of events in shared/logging/events.go; a test compares the two. The cloud
# writes INFO and above, so an event at DEBUG counts nothing here.
#
#   events    the entries counted
#   also      a further condition on an entry
#   labels    fields that the count is split by, beside `function`
#   value     the field whose distribution is kept, in place of a count
locals {
  metrics = {
    # connections
    fallbacks      = { events = ["database.fallback"], labels = ["cause"] }
    pool_failures  = { events = ["database.pooled"], also = "severity>=ERROR", labels = ["cause"] }
    breaker        = { events = ["database.breaker"], labels = ["state"] }
    slow_queries   = { events = ["database.slow_query"], labels = ["query"] }
    failed_queries = { events = ["database.query_failed"], also = "severity>=WARNING", labels = ["query"] }
    pool_total     = { events = ["database.pool_stats"], value = "total" }
    pool_acquired  = { events = ["database.pool_stats"], value = "acquired" }

    # sync
    units_completed   = { events = ["sync.completed"], labels = ["kind"] }
    units_postponed   = { events = ["sync.postponed"] }
    units_parked      = { events = ["sync.parked"] }
    units_failed      = { events = ["sync.failed"] }
    oldest_due        = { events = ["sync.dispatched"], value = "oldest_s" }
    unit_milliseconds = { events = ["sync.completed"], value = "duration_ms" }
    activities        = { events = ["sync.completed"], value = "written" }

    # Strava. Lanes: 0 a person waits, 1 webhook, 2 reconcile, 3 backfill, whose waits are ordinary.
    quota_refusals = { events = ["strava.quota"], labels = ["lane"] }
    quota_urgent   = { events = ["strava.quota"], also = "jsonPayload.lane<=1" }
    app_blocked    = { events = ["strava.app_blocked"], also = "NOT jsonPayload.code=\"rate-limited\"", labels = ["code"] }
    disconnected   = { events = ["strava.disconnected"] }

    hints         = { events = ["webhook.received"] }
    hints_refused = { events = ["webhook.refused"] }
    erasures      = { events = ["erasure.completed"] }
    erasures_late = { events = ["erasure.late"] }

    # people
    registered       = { events = ["account.registered"] }
    sign_ins_refused = { events = ["account.sign_in_refused"] }

    # functions and messages
    errors         = { events = ["function.failed", "function.panicked", "function.refused"], also = "severity>=ERROR" }
    starts         = { events = ["function.started"] }
    dead_letters   = { events = ["message.dead_lettered"] }
    pushes_refused = { events = ["message.push_refused"] }
    migrations     = { events = ["migrate.applied"] }
  }

  # The beginning of a filter on each, for alerts and dashboard.
  metric_filters = {
    for name, metric in google_logging_metric.event :
    name => "metric.type=\"logging.googleapis.com/user/${metric.name}\" AND resource.type=\"cloud_run_revision\""
  }
}

resource "google_logging_metric" "event" {
  for_each = local.metrics

  name = "train-d/${each.key}"
  filter = join(" AND ", compact([
    "resource.type=\"cloud_run_revision\"",
    "jsonPayload.event=(${join(" OR ", [for event in each.value.events : "\"${event}\""])})",
    try(each.value.also, ""),
  ]))
  value_extractor = try("EXTRACT(jsonPayload.${each.value.value})", null)
  label_extractors = {
    for label in concat(["function"], try(each.value.labels, [])) : label => "EXTRACT(jsonPayload.${label})"
  }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = can(each.value.value) ? "DISTRIBUTION" : "INT64"
    unit        = "1"
    dynamic "labels" {
      for_each = concat(["function"], try(each.value.labels, []))
      content {
        key = labels.value
      }
    }
  }

  dynamic "bucket_options" {
    for_each = can(each.value.value) ? [1] : []
    content {
      exponential_buckets {
        num_finite_buckets = 40
        growth_factor      = 1.5
        scale              = 1
      }
    }
  }

  depends_on = [google_project_service.this]
}
