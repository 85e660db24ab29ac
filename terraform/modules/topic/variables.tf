variable "name" {
  description = "Name of the topic and of its push subscription."
  type        = string
}

variable "address" {
  description = "Address that messages are pushed to, and the audience of the push's token: one and the same string."
  type        = string
  validation {
    condition     = startswith(var.address, "https://")
    error_message = "A push with a token needs an https:// address."
  }
}

variable "push_account" {
  description = "E-mail of the service account that signs pushes."
  type        = string
}

variable "pubsub_agent" {
  description = "IAM member that Pub/Sub itself is in this project."
  type        = string
}

variable "ack_deadline" {
  description = "Seconds that a push's answer is waited for."
  type        = number
  validation {
    condition     = var.ack_deadline >= 10 && var.ack_deadline <= 600
    error_message = "Pub/Sub waits 10 to 600 seconds."
  }
}

variable "max_delivery_attempts" {
  description = "Attempts after which a message is a dead letter: a net for crashes, as functions put bad messages aside themselves."
  type        = number
  default     = 100
  validation {
    condition     = var.max_delivery_attempts >= 5 && var.max_delivery_attempts <= 100
    error_message = "Pub/Sub counts 5 to 100 attempts."
  }
}

variable "publishers" {
  description = "IAM members that publish to the topic, by function."
  type        = map(string)
}

variable "dead_letter_publishers" {
  description = "IAM members that put messages aside, by function."
  type        = map(string)
}
