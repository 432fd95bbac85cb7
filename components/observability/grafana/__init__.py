"""Grafana dashboards as code, and their data sources."""
