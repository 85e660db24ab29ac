# One page, three tiles in a row. A tile's series are a filter, how values are gathered over a minute (aligner) and over
# series (reducer), and what they are split by.
locals {
  count = { aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = [] }
  gauge = { aligner = "ALIGN_MAX", reducer = "REDUCE_SUM", by = [] }
  p95   = { aligner = "ALIGN_PERCENTILE_95", reducer = "REDUCE_MAX", by = [] }

  cloud_run = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com"
  cloud_sql = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database"
  pub_sub   = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription"

  tiles = [
    { title = "Pool: connections open and in use", series = [
      merge(local.p95, { filter = local.metric_filters.pool_total, by = ["metric.label.function"] }),
      merge(local.p95, { filter = local.metric_filters.pool_acquired, by = ["metric.label.function"] }),
    ] },
    { title = "Fallbacks by cause", series = [merge(local.count, { filter = local.metric_filters.fallbacks, by = ["metric.label.cause"] })] },
    { title = "Cloud SQL: connections, of ${local.connections_available}", line = local.connections_available, series = [
      merge(local.gauge, { filter = "${local.cloud_sql}/postgresql/num_backends\"" }),
    ] },
    { title = "Slow statements by query", series = [merge(local.count, { filter = local.metric_filters.slow_queries, by = ["metric.label.query"] })] },
    { title = "Failed statements by query", series = [merge(local.count, { filter = local.metric_filters.failed_queries, by = ["metric.label.query"] })] },
    { title = "Pool's breaker, and pools that never came up", series = [
      merge(local.count, { filter = local.metric_filters.breaker, by = ["metric.label.state"] }),
      merge(local.count, { filter = local.metric_filters.pool_failures }),
    ] },
    { title = "Onboarding: latency, 95th percentile (ms)", series = [
      merge(local.p95, { filter = "${local.cloud_run}/request_latencies\" AND resource.labels.service_name=\"onboarding\"" }),
    ] },
    { title = "Answers by function and class", series = [
      merge(local.count, { filter = "${local.cloud_run}/request_count\"", by = ["resource.label.service_name", "metric.label.response_code_class"] }),
    ] },
    { title = "Errors by function", series = [merge(local.count, { filter = local.metric_filters.errors, by = ["metric.label.function"] })] },
    { title = "Sync: units of work", series = [for name in ["units_completed", "units_postponed", "units_failed", "units_parked"] :
      merge(local.count, { filter = local.metric_filters[name] })
    ] },
    { title = "Sync: activities per unit, milliseconds per unit", series = [
      merge(local.p95, { filter = local.metric_filters.activities }), merge(local.p95, { filter = local.metric_filters.unit_milliseconds }),
    ] },
    { title = "Freshness: oldest work, oldest wake-up that waits (s)", series = [
      merge(local.p95, { filter = local.metric_filters.oldest_due }),
      merge(local.gauge, { filter = "${local.pub_sub}/oldest_unacked_message_age\"", reducer = "REDUCE_MAX", by = ["resource.label.subscription_id"] }),
    ] },
    { title = "Strava: refusals of our own ledger by lane", series = [merge(local.count, { filter = local.metric_filters.quota_refusals, by = ["metric.label.lane"] })] },
    { title = "Strava: app blocked, athletes disconnected", series = [
      merge(local.count, { filter = local.metric_filters.app_blocked }), merge(local.count, { filter = local.metric_filters.disconnected }),
    ] },
    { title = "Strava: hints received, refused", series = [
      merge(local.count, { filter = local.metric_filters.hints }), merge(local.count, { filter = local.metric_filters.hints_refused }),
    ] },
    { title = "Erasures completed, late", series = [
      merge(local.count, { filter = local.metric_filters.erasures }), merge(local.count, { filter = local.metric_filters.erasures_late }),
    ] },
    { title = "Dead letters that wait", series = [
      merge(local.gauge, { filter = "${local.pub_sub}/num_undelivered_messages\" AND resource.labels.subscription_id=ends_with(\"-dead-letter\")", by = ["resource.label.subscription_id"] }),
    ] },
    { title = "People: registered, sign-ins refused", series = [
      merge(local.count, { filter = local.metric_filters.registered }), merge(local.count, { filter = local.metric_filters.sign_ins_refused }),
    ] },
    { title = "Starts of instances", series = [merge(local.count, { filter = local.metric_filters.starts, by = ["metric.label.function"] })] },
    { title = "Pushes refused, migrations applied", series = [
      merge(local.count, { filter = local.metric_filters.pushes_refused }), merge(local.count, { filter = local.metric_filters.migrations }),
    ] },
    { title = "Cost: seconds of instances billed", series = [
      merge(local.count, { filter = "${local.cloud_run}/container/billable_instance_time\"", by = ["resource.label.service_name"] }),
    ] },
    { title = "Cost: Cloud SQL's CPU and disk", series = [
      merge(local.gauge, { filter = "${local.cloud_sql}/cpu/utilization\"" }), merge(local.gauge, { filter = "${local.cloud_sql}/disk/utilization\"" }),
    ] },
    { title = "Cost: log volume (bytes)", series = [
      merge(local.count, { filter = "metric.type=\"logging.googleapis.com/billing/bytes_ingested\" AND resource.type=\"global\"" }),
    ] },
  ]
}

resource "google_monitoring_dashboard" "main" {
  dashboard_json = jsonencode({
    displayName = "Train-D"
    mosaicLayout = {
      columns = 48
      tiles = [
        for i, tile in local.tiles : {
          xPos   = 16 * (i % 3)
          yPos   = 12 * floor(i / 3)
          width  = 16
          height = 12
          widget = {
            title = tile.title
            xyChart = {
              dataSets = [
                for series in tile.series : {
                  plotType = "LINE"
                  timeSeriesQuery = {
                    timeSeriesFilter = {
                      filter = series.filter
                      aggregation = {
                        alignmentPeriod    = "60s"
                        perSeriesAligner   = series.aligner
                        crossSeriesReducer = series.reducer
                        groupByFields      = series.by
                      }
                    }
                  }
                }
              ]
              thresholds = [for line in [try(tile.line, null)] : { value = line } if line != null]
            }
          }
        }
      ]
    }
  })
}
