"""The drill: orders flow, the primary's region is taken away, and everything comes back."""
