"""Pulumi plugins of this project, for machines without access to the official plugins.

Each is an ordinary plugin: the engine starts it, reads its port, and calls it by gRPC. `install` writes their launchers
to the rehearsal's own PULUMI_HOME. The SDK's stubs define the messages.
"""
