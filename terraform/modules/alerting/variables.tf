variable "name" {
  description = "Name of the alert: the subject and what is wrong with it."
  type        = string
}

variable "about" {
  description = "One sentence: what it means and whom it hurts."
  type        = string
}

variable "playbook" {
  description = "Address of the page that says what to do."
  type        = string
}

variable "severity" {
  description = "CRITICAL wakes somebody, ERROR is for today, WARNING for this week."
  type        = string
  validation {
    condition     = contains(["CRITICAL", "ERROR", "WARNING"], var.severity)
    error_message = "Write CRITICAL, ERROR or WARNING."
  }
}

variable "channels" {
  description = "Names of the notification channels."
  type        = list(string)
}

variable "conditions" {
  description = <<-EOT
    What sets it off; one of them is enough. window and for are seconds. A value is gathered over each window by aligner and
    then over all series by reducer. It is too high above `above`, for that long; below is the other way round; silent means that
    nothing came for a window. aligner = "" takes the values as the filter gives them.
  EOT
  type = list(object({
    name     = string
    filter   = string
    window   = number
    above    = optional(number)
    below    = optional(number)
    silent   = optional(bool, false)
    for      = optional(number, 0)
    aligner  = optional(string, "ALIGN_DELTA")
    reducer  = optional(string, "REDUCE_SUM")
    group_by = optional(list(string), [])
  }))
  validation {
    condition     = length(var.conditions) > 0
    error_message = "An alert has at least one condition."
  }
  validation {
    condition = alltrue([
      for c in var.conditions : length([for set in [c.above != null, c.below != null, c.silent] : set if set]) == 1
    ])
    error_message = "A condition is above, below or silent."
  }
  validation {
    condition     = alltrue([for c in var.conditions : c.window >= 60 && (!c.silent || c.window <= 84600)])
    error_message = "A window is at least 60 s; Cloud Monitoring sees a silence of at most 84600 s."
  }
}
