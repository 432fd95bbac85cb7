"""What turns a fresh instance into a host for a trading engine: worked out here, carried out there."""

from components.latency.host_tuning.plan import HostPlan, Ports, plan_host
from components.latency.host_tuning.user_data import Fleet, user_data

__all__ = ["Fleet", "HostPlan", "Ports", "plan_host", "user_data"]
