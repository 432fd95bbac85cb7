"""CloudWatch alarms as data, by concern, and the component that declares them."""
