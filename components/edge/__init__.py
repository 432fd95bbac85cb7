"""The edge: the Trading API and what stands before it."""
