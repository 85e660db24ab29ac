variable "name" {
  description = "Name of the function and of its service."
  type        = string
}

variable "region" {
  description = "Region that it runs in."
  type        = string
}

variable "entry_point" {
  description = "Name that the function registers under."
  type        = string
}

variable "archive" {
  description = "Its source: an object in a bucket."
  type        = object({ bucket = string, object = string })
}

variable "repository" {
  description = "Repository that its images are kept in."
  type        = string
}

variable "builder" {
  description = "Id of the service account that builds it."
  type        = string
}

variable "service_account" {
  description = "E-mail of the service account that it runs as."
  type        = string
}

variable "invokers" {
  description = "Who may call it, and nobody else."
  type        = list(string)
}

variable "internal" {
  description = "Takes requests from inside the project only, Pub/Sub's pushes among them."
  type        = bool
}

variable "vpc_connector" {
  description = "Id of the connector to the private network; null for none."
  type        = string
}

variable "timeout" {
  description = "Seconds that a request may take."
  type        = number
  validation {
    condition     = var.timeout >= 1 && var.timeout <= 3600
    error_message = "A request takes 1 to 3600 seconds."
  }
}

variable "min_instances" {
  description = "Instances that are kept warm."
  type        = number
}

variable "max_instances" {
  description = "Instances at most."
  type        = number
  validation {
    condition     = var.max_instances >= 1 && var.max_instances >= var.min_instances
    error_message = "max_instances is at least 1 and not below min_instances."
  }
}

variable "concurrency" {
  description = "Requests at once in one instance."
  type        = number
  validation {
    condition     = var.concurrency == 1 || tonumber(var.cpu) >= 1
    error_message = "More than one request at once needs at least one whole CPU."
  }
}

variable "cpu" {
  description = "CPUs of an instance."
  type        = string
}

variable "memory" {
  description = "Memory of an instance."
  type        = string
}

variable "env" {
  description = "Settings that are no secrets."
  type        = map(string)
}

variable "secrets" {
  description = "Settings that are secrets: where Secret Manager keeps each."
  type        = map(object({ secret = string, version = string }))
  validation {
    condition     = length(setintersection(keys(var.secrets), keys(var.env))) == 0
    error_message = "A setting is either a secret or not."
  }
}

variable "project" {
  description = "Project of the secrets."
  type        = string
}
