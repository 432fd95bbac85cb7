"""CloudWatch dashboards: the first place to look after a page."""
