"""What is measured, what is watched, and who is told: metrics, alarms, dashboards, traces, costs."""
