"""A Kubernetes API for each cluster of the in-memory AWS: objects in memory, checked by the schemas of the version.

Objects have the life that the API gives them: a namespace has to exist, a custom resource needs its definition, a name
is taken once, some fields never change. No pod runs; `status` says what controllers would make of an object.
"""
