"""The drill: orders flow, the primary region fails, the standby takes over, and the drill fails back to the primary."""
