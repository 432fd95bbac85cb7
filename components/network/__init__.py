"""The network layer: VPC, hub, endpoints, links, firewalls, flow logs."""
