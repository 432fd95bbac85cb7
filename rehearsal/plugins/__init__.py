"""Pulumi plugins of this project, for machines that cannot reach the genuine ones.

Each is an ordinary plugin: the engine starts it, reads its port, and calls it by gRPC. `install` puts their launchers
into a PULUMI_HOME of the rehearsal's own. Messages come from the stubs that the SDK ships.
"""
