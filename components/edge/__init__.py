"""The edge layer: the Trading API, load balancers, certificates and DNS."""
