# Connections are a budget (I12). In a rollout the old and the new revision of a function both run at their maximum, so each
# instance counts twice. The sum is checked where the database is declared, and each instance gets its share as
# DATABASE_CONNECTION_LIMIT, above which its settings are refused.
locals {
  # What Cloud SQL gives a machine by its memory in MB; it is set as a flag so that the number counted with is the number there.
  database_memory = (
    var.database_tier == "db-f1-micro" ? 614 :
    var.database_tier == "db-g1-small" ? 1740 :
    tonumber(element(split("-", var.database_tier), 3))
  )
  connections_by_memory = (
    local.database_memory < 1024 ? 25 :
    local.database_memory < 3840 ? 50 :
    local.database_memory < 6144 ? 100 :
    local.database_memory < 7680 ? 200 :
    local.database_memory < 15360 ? 400 :
    local.database_memory < 30720 ? 500 :
    local.database_memory < 61440 ? 600 :
    local.database_memory < 122880 ? 800 : 1000
  )
  max_connections = coalesce(var.database_max_connections, local.connections_by_memory)

  superuser_reserved    = 3 # PostgreSQL's default, which Cloud SQL keeps
  connections_available = local.max_connections - local.superuser_reserved

  connections_per_instance = {
    for name, f in local.functions :
    name => f.database == "none" ? 0 : f.database == "pool" ? f.pool_max + f.fallback_max : f.concurrency
  }
  connections = {
    for name, f in local.functions : name => {
      per_instance = local.connections_per_instance[name]
      total        = 2 * f.max_instances * local.connections_per_instance[name]
    }
  }
  connections_needed = sum([for c in values(local.connections) : c.total]) + var.connection_reserve

  # Such as: migrate 2 × 1 × 1 = 2, onboarding 2 × 1 × 4 = 8, …, reserve 3: 21 of 22.
  connection_sum = join(", ", concat(
    [for name, c in local.connections : "${name} 2 × ${local.functions[name].max_instances} × ${c.per_instance} = ${c.total}" if c.total > 0],
    ["reserve ${var.connection_reserve}: ${local.connections_needed} of ${local.connections_available}"],
  ))
}
