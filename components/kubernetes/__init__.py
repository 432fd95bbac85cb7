"""The Kubernetes cluster: its control plane, nodes and add-ons, and what runs in it."""
