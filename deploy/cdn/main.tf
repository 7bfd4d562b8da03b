# terraform apply -var domain=jam.example -var origin=origin.jam.example -var log_host=logs.example
terraform {
  required_providers {
    fastly = { source = "fastly/fastly", version = ">= 5.0" }
  }
}

variable "domain" { description = "What people type: PUBLIC_URL without https://" }
variable "origin" { description = "The first region, which takes all writes, by a name of its own" }
variable "second" {
  description = "The region that answers readers on the continents of the table in main.vcl; without one, the first"
  default     = ""
}
variable "shield" {
  description = "The point of presence beside the first region: misses of all others meet there"
  default     = "frankfurt-de"
}
variable "log_host" { description = "Where lines for manage.py cdn_report go, syslog over TLS" }

locals {
  origins = { first = var.origin, second = var.second == "" ? var.origin : var.second }
}

resource "fastly_service_vcl" "jamvote" {
  name  = "JamVote"
  http3 = true

  domain { name = var.domain }

  dynamic "backend" {
    for_each = local.origins
    content {
      name                  = backend.key
      address               = backend.value
      port                  = 443
      use_ssl               = true
      ssl_cert_hostname     = backend.value
      ssl_sni_hostname      = backend.value
      override_host         = var.domain
      shield                = backend.key == "first" ? var.shield : null
      request_condition     = backend.key == "first" ? "" : "reads that are nearer to the second"
      healthcheck           = "ready"
      connect_timeout       = 1000
      first_byte_timeout    = 15000
      between_bytes_timeout = 10000
      max_conn              = 200
      auto_loadbalance      = false
    }
  }

  # Not who is known, nor what writes: they read what they have just written.
  condition {
    name      = "reads that are nearer to the second"
    type      = "REQUEST"
    statement = "req.method ~ \"^(GET|HEAD)$\" && !req.http.Cookie && !req.http.Authorization && table.contains(regions, client.geo.continent_code)"
  }

  healthcheck {
    name              = "ready"
    host              = var.domain
    path              = "/readyz"
    method            = "HEAD"
    expected_response = 200
    check_interval    = 5000
    timeout           = 2000
  }

  product_enablement {
    websockets         = true
    brotli_compression = false # it comes compressed
  }

  vcl {
    name    = "main"
    content = file("${path.module}/main.vcl")
    main    = true
  }

  logging_syslog {
    name    = "jamvote"
    address = var.log_host
    port    = 6514
    use_tls = true
  }
}
