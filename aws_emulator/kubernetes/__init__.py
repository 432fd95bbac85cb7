"""A Kubernetes API for each cluster of the in-memory AWS. Objects are in memory and validated against the schemas.

Objects follow the API's rules: a namespace must exist, a custom resource needs its definition, names are unique, some
fields are immutable. No pod runs. `status` computes the status that controllers would set.
"""
