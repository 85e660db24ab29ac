# The objective: at 99 of 100 ticks of Dispatch nothing that is due has waited longer than a quarter of an hour for a worker,
# what waits for Strava's quota excepted.
resource "google_monitoring_custom_service" "sync" {
  service_id   = "train-d-sync"
  display_name = "Train-D sync"

  depends_on = [google_project_service.this]
}

resource "google_monitoring_slo" "freshness" {
  service             = google_monitoring_custom_service.sync.service_id
  slo_id              = "freshness"
  display_name        = "What is due is taken up within 15 minutes"
  goal                = 0.99
  rolling_period_days = 28

  request_based_sli {
    distribution_cut {
      distribution_filter = local.metric_filters.oldest_due
      range {
        min = 0
        max = 900
      }
    }
  }
}

# A look from outside: 503 means that the database can't be reached on any route (I37).
resource "google_monitoring_uptime_check_config" "health" {
  display_name = "Train-D health"
  period       = "300s"
  timeout      = "10s"

  http_check {
    path         = "/v1/health"
    port         = 443
    use_ssl      = true
    validate_ssl = true
  }
  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project, host = trimprefix(local.public_url, "https://") }
  }

  depends_on = [google_project_service.this]
}
