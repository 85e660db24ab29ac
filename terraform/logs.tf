# What is kept out of the log. The platform logs the address of every request, and the webhook's is a secret. The function's own
# entries name routes alone; secrets of mailed links travel in bodies.
resource "google_logging_project_exclusion" "secret_paths" {
  name        = "train-d-secret-paths"
  description = "Requests to the webhook, whose address is a secret"
  filter      = "log_id(\"run.googleapis.com/requests\") AND resource.labels.service_name=\"${module.function["webhook"].name}\""
}
