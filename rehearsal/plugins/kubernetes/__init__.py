"""`pulumi-resource-kubernetes`: objects and Helm releases in the clusters of the in-memory AWS.

The API validates each object by the schemas of the cluster's version (`aws_emulator.kubernetes`).
"""
