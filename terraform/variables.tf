variable "project" {
  description = "Id of the Google Cloud project. One project is one environment: staging is a second one."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens, and starts with a letter."
  }
}

variable "region" {
  description = "Region of everything that has one."
  type        = string
  default     = "europe-west1"
  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "Write a region such as europe-west1."
  }
}

variable "domain" {
  description = "Domain that browsers use, without scheme, verified by whoever applies; empty for the address of Cloud Run."
  type        = string
  default     = ""
  validation {
    condition     = var.domain == "" || can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain))
    error_message = "Write a domain such as train-d.example.com, without https:// and path."
  }
}

variable "strava_client_id" {
  description = "Id of the app at Strava (https://www.strava.com/settings/api). Its secret goes to Secret Manager."
  type        = string
  validation {
    condition     = can(regex("^[0-9]+$", var.strava_client_id))
    error_message = "The id of a Strava app is a number."
  }
}

variable "mail_from" {
  description = "Sender of e-mail, as Train-D <no-reply@example.com>. The mail server's address and password go to Secret Manager (smtp-url)."
  type        = string
  validation {
    condition     = can(regex("^[^@<>\\r\\n]*<?[^@\\s<>]+@[^@\\s<>]+>?$", var.mail_from))
    error_message = "A sender is an e-mail address, as Train-D <no-reply@example.com>."
  }
}

variable "webhook_subscription_id" {
  description = "Id of the push subscription at Strava, whose events alone are taken; 0 until one is made."
  type        = number
  default     = 0
  validation {
    condition     = var.webhook_subscription_id >= 0 && floor(var.webhook_subscription_id) == var.webhook_subscription_id
    error_message = "Write a whole number, or 0."
  }
}

variable "minimum_age" {
  description = "Years that an athlete must be of, as the law where the athletes live asks for. The terms speak of 16."
  type        = number
  default     = 16
  validation {
    condition     = var.minimum_age >= 13 && var.minimum_age <= 100 && floor(var.minimum_age) == var.minimum_age
    error_message = "Write a whole number of years from 13 to 100."
  }
}

variable "stream_retention_days" {
  description = "Days after which raw streams are deleted; 0 keeps them for ever, which Strava's API terms forbid."
  type        = number
  default     = 7
  validation {
    condition     = var.stream_retention_days >= 0 && floor(var.stream_retention_days) == var.stream_retention_days
    error_message = "Write a whole number of days, or 0."
  }
}

variable "scale" {
  description = "Size of single functions, by name; what is left out keeps the default that stands in functions.tf."
  type = map(object({
    min_instances = optional(number)
    max_instances = optional(number)
    concurrency   = optional(number) # requests at once in one instance
    cpu           = optional(string) # more than one request at once needs at least one whole CPU
    memory        = optional(string)
    pool_max      = optional(number) # connections of the pool, per instance
    fallback_max  = optional(number) # direct connections beside a failing pool, per instance
  }))
  default = {}
  validation {
    condition     = alltrue([for size in values(var.scale) : coalesce(size.max_instances, 1) >= 1])
    error_message = "max_instances is at least 1."
  }
  validation {
    condition     = alltrue([for size in values(var.scale) : coalesce(size.pool_max, 1) >= 1 && coalesce(size.fallback_max, 0) >= 0])
    error_message = "pool_max is at least 1 and fallback_max at least 0."
  }
  validation {
    condition     = alltrue([for size in values(var.scale) : coalesce(size.concurrency, 1) >= 1 && coalesce(size.concurrency, 1) <= 1000])
    error_message = "concurrency is from 1 to 1000, as Cloud Run allows."
  }
}

variable "sync_use_pool" {
  description = "Sync takes pooled connections instead of one direct connection per invocation (infra/playbooks/migrating-sync-to-the-pool.md)."
  type        = bool
  default     = false
}

variable "database_instance" {
  description = "Name of the Cloud SQL instance; another one after a restore (infra/playbooks/restore.md)."
  type        = string
  default     = "train-d"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,77}[a-z0-9]$", var.database_instance))
    error_message = "Write lower-case letters, digits and hyphens, a letter first."
  }
}

variable "database_tier" {
  description = "Machine of Cloud SQL: db-f1-micro, db-g1-small or db-custom-<CPUs>-<MB of memory>."
  type        = string
  default     = "db-f1-micro"
  validation {
    condition     = can(regex("^db-(f1-micro|g1-small|custom-[0-9]+-[0-9]+)$", var.database_tier))
    error_message = "Write db-f1-micro, db-g1-small or db-custom-<CPUs>-<MB of memory>, such as db-custom-2-7680."
  }
}

variable "database_max_connections" {
  description = "max_connections of the server; null for what Cloud SQL gives a machine of this memory."
  type        = number
  default     = null
  validation {
    condition     = coalesce(var.database_max_connections, 25) >= 20 && coalesce(var.database_max_connections, 25) <= 10000
    error_message = "Write 20 to 10000, or null."
  }
}

variable "connection_reserve" {
  description = "Connections kept free for the operator and for Cloud SQL's own work, beside the server's superuser_reserved_connections."
  type        = number
  default     = 3
  validation {
    condition     = var.connection_reserve >= 1
    error_message = "Keep at least one: without it nobody gets in when it matters."
  }
}

variable "database_high_availability" {
  description = "A standby in another zone that takes over; it about doubles the machine's price."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Cloud SQL refuses to be deleted. make destroy asks for false first."
  type        = bool
  default     = true
}

variable "backup_retention" {
  description = "How many daily backups are kept."
  type        = number
  default     = 14
  validation {
    condition     = var.backup_retention >= 7 && var.backup_retention <= 365
    error_message = "Write 7 to 365: point-in-time recovery needs a week of them."
  }
}

variable "migrate_password" {
  description = "New password of the login migrate, read only by the apply that raises migrate_password_version. Scripts make one up for every apply; it reaches neither state nor plan."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true
}

variable "migrate_password_version" {
  description = "Raise it by one to give the login migrate a new password (infra/playbooks/rotation.md)."
  type        = number
  default     = 1
  validation {
    condition     = var.migrate_password_version >= 1 && floor(var.migrate_password_version) == var.migrate_password_version
    error_message = "Write a whole number from 1."
  }
}

variable "pool_password" {
  description = "What the passwords of the pools' logins are drawn from, read only by the apply that makes such a login. Scripts make one up for every apply; it reaches neither state nor plan."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true
}

variable "pool_password_version" {
  description = "Raise it by one to give pools new logins and addresses of the database (infra/playbooks/rotation.md), as after a restore."
  type        = number
  default     = 1
  validation {
    condition     = var.pool_password_version >= 1 && floor(var.pool_password_version) == var.pool_password_version
    error_message = "Write a whole number from 1."
  }
}

variable "secret_versions" {
  description = "Versions of secrets that functions read, by secret; latest where left out. A pinned number rolls the functions over when it is raised."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for version in values(var.secret_versions) : can(regex("^(latest|[0-9]+)$", version))])
    error_message = "A version is a number or latest."
  }
  validation {
    condition     = length(setsubtract(keys(var.secret_versions), setsubtract(local.secrets, local.secrets_written))) == 0
    error_message = "Write names of secrets that are filled by hand (terraform output secrets); the others follow their passwords' versions."
  }
}

variable "alert_emails" {
  description = "E-mail addresses that alerts go to."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "Write e-mail addresses."
  }
}

variable "notification_channels" {
  description = "Names of notification channels that exist already (projects/…/notificationChannels/…), such as a pager's."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for name in var.notification_channels : startswith(name, "projects/")])
    error_message = "Write names as projects/<project>/notificationChannels/<number>."
  }
}

variable "playbooks_url" {
  description = "Where the pages of infra/playbooks are read; each alert links one."
  type        = string
  default     = "https://github.com/train-d/train-d/blob/main/infra/playbooks"
  validation {
    condition     = startswith(var.playbooks_url, "https://") && !endswith(var.playbooks_url, "/")
    error_message = "Write an https:// address without a slash at its end."
  }
}

variable "archives" {
  description = "Folder of the functions' archives and their hashes; make package fills it."
  type        = string
  default     = "../.build"
  validation {
    condition     = var.archives != "" && !endswith(var.archives, "/")
    error_message = "Write a folder without a slash at its end."
  }
}
