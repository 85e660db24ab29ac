# The database has a private address alone. Functions reach it through a Serverless VPC connector; Direct VPC egress, which
# needs no machines of its own, is the next step as soon as the provider's functions resource offers it.
resource "google_compute_network" "main" {
  name                    = "train-d"
  auto_create_subnetworks = false

  depends_on = [google_project_service.this]
}

resource "google_compute_subnetwork" "connector" {
  name                     = "train-d-connector"
  network                  = google_compute_network.main.id
  region                   = var.region
  ip_cidr_range            = "10.8.0.0/28"
  private_ip_google_access = true
}

resource "google_vpc_access_connector" "main" {
  name          = "train-d"
  region        = var.region
  machine_type  = "e2-micro"
  min_instances = 2
  max_instances = 3
  subnet {
    name = google_compute_subnetwork.connector.name
  }
}

# Google's side of the network, where Cloud SQL's private addresses are.
resource "google_compute_global_address" "google_services" {
  name          = "train-d-google-services"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
  network       = google_compute_network.main.id
}

resource "google_service_networking_connection" "google_services" {
  network                 = google_compute_network.main.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.google_services.name]
  deletion_policy         = "ABANDON" # Cloud SQL lets go of it days after its own end
}
