"""What is made for Prometheus and Grafana."""
