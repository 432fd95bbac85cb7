"""Alarms as data, by concern, and the layer that declares them."""
