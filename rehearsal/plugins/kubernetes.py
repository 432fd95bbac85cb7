"""`pulumi-resource-kubernetes`: is configured, and refuses to make objects, since no Kubernetes API answers here."""

from __future__ import annotations

from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2

from rehearsal.plugins.plain import PlainPlugin


class Plugin(PlainPlugin):
    """Stands for the provider that pulumi-eks declares for its cluster."""

    name = "kubernetes"
    accepts_all = True

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        failure = provider_pb2.CheckFailure(reason="no Kubernetes API answers here; set workloads: false")
        return provider_pb2.CheckResponse(inputs=request.news, failures=[failure])


def main() -> None:
    """The plugin."""
    Plugin().run()


if __name__ == "__main__":
    main()
