"""The Kubernetes layer: control plane, nodes, add-ons and workloads."""
