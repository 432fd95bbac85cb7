"""CloudWatch dashboards: what people look at when an alarm has told them to."""
