"""Tuning of a fresh instance for a trading engine: this package computes the plan, scripts on the host apply it."""

from components.latency.host_tuning.plan import HostPlan, Ports, plan_host
from components.latency.host_tuning.user_data import Fleet, user_data

__all__ = ["Fleet", "HostPlan", "Ports", "plan_host", "user_data"]
