# What is kept out of the log. The platform logs the address of every request, and some addresses hold a secret: the webhook's
# path, and the links that reset a password or verify an address, until they are used. The functions' own entries name
# routes alone.
resource "google_logging_project_exclusion" "secret_paths" {
  name        = "train-d-secret-paths"
  description = "Requests whose address holds a secret"
  filter = join(" AND ", [
    "log_id(\"run.googleapis.com/requests\")",
    "(${join(" OR ", [
      "resource.labels.service_name=\"${module.function["webhook"].name}\"",
      "httpRequest.requestUrl=~\"/v1/(password-resets|email-verifications)/.\"",
    ])})",
  ])
}
