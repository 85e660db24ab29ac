# For each function when it counts as failing and when as silent: windows in seconds. silent.by says what is missed:
#   requests   answers that were a success
#   backlog    a message that nobody has taken in the window
#   health     the check of /v1/health from outside
locals {
  jobs = {
    onboarding = {
      failing = { window = 300, above = 5 }
      silent  = { by = "health", window = 600, playbook = "database.md" }
    }
    webhook = {
      failing = { window = 300, above = 5 }
      silent  = { by = "requests", window = 84600, playbook = "webhook-silent.md" }
    }
    dispatch = {
      failing = { window = 600, above = 3 }
      silent  = { by = "requests", window = 600, playbook = "dispatch-silent.md" }
    }
    sync = {
      failing = { window = 900, above = 10 }
      silent  = { by = "backlog", window = 900, playbook = "freshness.md" }
    }
    mail = {
      failing = { window = 900, above = 5 }
      silent  = { by = "backlog", window = 900, playbook = "mail.md" }
    }
    migrate = {
      failing = { window = 300, above = 0 }
      silent  = { by = "backlog", window = 900, playbook = "error-rate.md" }
    }
  }

  failing_alerts = {
    for name, job in local.jobs : "${name}-failing" => {
      severity = "ERROR"
      playbook = "error-rate.md"
      about    = "${title(name)} fails more often than it may."
      conditions = [{
        name   = "errors of ${name}"
        filter = "${local.metric_filters.errors} AND metric.labels.function=\"${name}\""
        window = job.failing.window
        above  = job.failing.above
      }]
    }
  }

  silent_alerts = {
    for name, job in local.jobs : "${name}-silent" => {
      severity = "CRITICAL"
      playbook = job.silent.playbook
      about    = "${title(name)} does not do its work, and so can't say what is wrong with it."
      conditions = [{
        requests = {
          name   = "no success of ${name} in ${job.silent.window} s"
          filter = "metric.type=\"run.googleapis.com/request_count\" AND resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${name}\" AND metric.labels.response_code_class=\"2xx\""
          window = job.silent.window
          silent = true
        }
        backlog = {
          name    = "a message for ${name} waits longer than ${job.silent.window} s"
          filter  = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"${local.functions[name].topic == null ? "" : local.functions[name].topic}\""
          window  = 60
          above   = job.silent.window
          for     = 300
          aligner = "ALIGN_MAX"
          reducer = "REDUCE_MAX"
        }
        health = {
          name    = "/v1/health of ${name} fails"
          filter  = "metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND resource.type=\"uptime_url\" AND metric.labels.check_id=\"${google_monitoring_uptime_check_config.health.uptime_check_id}\""
          window  = job.silent.window
          below   = 0.5
          aligner = "ALIGN_FRACTION_TRUE"
          reducer = "REDUCE_MEAN"
        }
      }[job.silent.by]]
    }
  }
}
