# Copy to <project id>.tfvars beside this file; that copy is not committed. It holds no secret.
region           = "europe-west1"
strava_client_id = "12345"
mail_from        = "Train-D <no-reply@example.com>"
alert_emails     = ["operator@example.com"]

# domain        = "train-d.example.com"
# database_tier = "db-custom-2-7680"
# scale = {
#   onboarding = { min_instances = 1, max_instances = 4, pool_max = 10, fallback_max = 2 }
#   sync       = { max_instances = 20 }
# }
