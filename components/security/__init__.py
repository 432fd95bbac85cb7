"""The security layer: keys, secrets, roles, Config rules, the trail, scanning and patching."""
