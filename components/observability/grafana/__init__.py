"""Dashboards of Grafana as code, and where they take their data from."""
