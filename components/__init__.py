"""The platform's layers: one ComponentResource class each, composed in `components.platform`."""
