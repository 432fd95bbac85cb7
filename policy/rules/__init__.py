"""The rules, in one module for each service. Each module collects its own in `RULES`."""
