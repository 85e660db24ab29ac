terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }
}

resource "google_monitoring_alert_policy" "this" {
  display_name          = "Train-D: ${var.name}"
  combiner              = "OR"
  severity              = var.severity
  notification_channels = var.channels

  dynamic "conditions" {
    for_each = var.conditions
    content {
      display_name = conditions.value.name

      dynamic "condition_threshold" {
        for_each = conditions.value.silent ? [] : [conditions.value]
        content {
          filter          = condition_threshold.value.filter
          comparison      = condition_threshold.value.above != null ? "COMPARISON_GT" : "COMPARISON_LT"
          threshold_value = coalesce(condition_threshold.value.above, condition_threshold.value.below)
          duration        = "${condition_threshold.value.for}s"
          dynamic "aggregations" {
            for_each = condition_threshold.value.aligner == "" ? [] : [condition_threshold.value]
            content {
              alignment_period     = "${aggregations.value.window}s"
              per_series_aligner   = aggregations.value.aligner
              cross_series_reducer = aggregations.value.reducer
              group_by_fields      = aggregations.value.group_by
            }
          }
        }
      }

      dynamic "condition_absent" {
        for_each = conditions.value.silent ? [conditions.value] : []
        content {
          filter   = condition_absent.value.filter
          duration = "${condition_absent.value.window}s"
          aggregations {
            alignment_period     = "60s"
            per_series_aligner   = condition_absent.value.aligner
            cross_series_reducer = condition_absent.value.reducer
          }
        }
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "${var.about}\n\nWhat to do: ${var.playbook}"
    links {
      display_name = "Playbook"
      url          = var.playbook
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }
}
