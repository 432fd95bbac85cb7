"""Says who calls the Trading API: verifies the caller's token, in the region that was asked and without any other."""
