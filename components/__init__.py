"""The platform's layers. Each layer is one ComponentResource class; `components.platform` composes them."""
