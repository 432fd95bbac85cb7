"""The Trading API: one OpenAPI document, and what is made from it."""
