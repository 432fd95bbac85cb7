"""The recovery layer: DNS failover, observers of the primary, automatic failover, scale-out and drills."""
