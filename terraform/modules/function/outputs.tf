output "name" {
  description = "Name of the function and of its service."
  value       = google_cloudfunctions2_function.this.name
}

output "declared" {
  description = "What was declared, for the tests."
  value = {
    ingress     = google_cloudfunctions2_function.this.service_config[0].ingress_settings
    env         = google_cloudfunctions2_function.this.service_config[0].environment_variables
    secrets     = { for s in google_cloudfunctions2_function.this.service_config[0].secret_environment_variables : s.key => s.secret }
    versions    = { for s in google_cloudfunctions2_function.this.service_config[0].secret_environment_variables : s.key => s.version }
    network     = google_cloudfunctions2_function.this.service_config[0].vpc_connector_egress_settings
    invokers    = google_cloud_run_v2_service_iam_binding.invokers.members
    concurrency = google_cloudfunctions2_function.this.service_config[0].max_instance_request_concurrency
    max         = google_cloudfunctions2_function.this.service_config[0].max_instance_count
    entry_point = google_cloudfunctions2_function.this.build_config[0].entry_point
    runtime     = google_cloudfunctions2_function.this.build_config[0].runtime
    archive     = google_cloudfunctions2_function.this.build_config[0].source[0].storage_source[0].object
    account     = google_cloudfunctions2_function.this.service_config[0].service_account_email
  }
}
