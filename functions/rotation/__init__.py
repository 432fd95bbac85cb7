"""Rotation of the database's credentials, called by Secrets Manager."""
