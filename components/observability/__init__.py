"""The observability layer: metrics, alarms, dashboards, traces and budgets."""
