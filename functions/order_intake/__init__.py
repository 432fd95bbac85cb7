"""Takes orders for the one region that may, and answers for the Trading API."""
