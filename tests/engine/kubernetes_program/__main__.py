"""Objects of the kinds that a cluster treats differently, in a cluster that exists already."""

import pulumi
import pulumi_kubernetes as kubernetes

config = pulumi.Config()
provider = kubernetes.Provider("cluster", kubeconfig=config.require("kubeconfig"))
opts = pulumi.ResourceOptions(provider=provider)

namespace = kubernetes.core.v1.Namespace("apps", metadata={"name": "apps"}, opts=opts)
inside = namespace.metadata.name
settings = kubernetes.core.v1.ConfigMap(
    "settings",
    metadata={"namespace": inside, "name": "settings"},
    data={"level": config.get("level") or "info"},
    opts=opts,
)
secret = kubernetes.core.v1.Secret(
    "credentials",
    metadata={"namespace": inside, "name": "credentials"},
    string_data={"password": pulumi.Output.secret("hush-hush-value")},
    opts=opts,
)
storage = kubernetes.storage.v1.StorageClass(
    "class",
    metadata={"name": "files"},
    provisioner="efs.csi.aws.com",
    reclaim_policy=config.get("reclaim") or "Retain",
    opts=opts,
)
volume = kubernetes.core.v1.PersistentVolume(
    "volume",
    metadata={"name": "shared"},
    spec={
        "capacity": {"storage": "5Gi"},
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "files",
        "csi": {"driver": "efs.csi.aws.com", "volumeHandle": "fs-1"},
    },
    opts=opts,
)
claim = kubernetes.core.v1.PersistentVolumeClaim(
    "claim",
    metadata={"namespace": inside, "name": "shared"},
    spec={
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "files",
        "volumeName": config.get("volumeName") or "shared",
        "resources": {"requests": {"storage": "5Gi"}},
    },
    opts=pulumi.ResourceOptions(
        provider=provider, custom_timeouts=pulumi.CustomTimeouts(create="1s", update="1s"), delete_before_replace=True
    ),
)
kubernetes.apps.v1.Deployment(
    "api",
    metadata={"namespace": inside},
    spec={
        "replicas": config.get_int("replicas") or 2,
        "selector": {"matchLabels": {"app": "api"}},
        "template": {
            "metadata": {"labels": {"app": "api"}},
            "spec": {
                "containers": [{"name": "api", "image": "api:1"}],
                "volumes": [{"name": "shared", "persistentVolumeClaim": {"claimName": claim.metadata.name}}],
            },
        },
    },
    opts=opts,
)
monitoring = kubernetes.helm.v3.Release(
    "monitoring",
    name="monitoring",
    chart="kube-prometheus-stack",
    version="88.5.3",
    namespace=inside,
    values={"retention": config.get("retention") or "1d"},
    opts=opts,
)
kubernetes.apiextensions.CustomResource(
    "monitor",
    api_version="monitoring.coreos.com/v1",
    kind="ServiceMonitor",
    metadata={"namespace": inside, "name": "api"},
    spec={"selector": {}, "endpoints": []},
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[monitoring]),
)
if config.get_bool("misspelt"):
    kubernetes.apiextensions.CustomResource(
        "misspelt",
        api_version="v1",
        kind="ConfigMap",
        metadata={"namespace": "default", "name": "misspelt"},
        others={"date": {}},
        opts=opts,
    )
