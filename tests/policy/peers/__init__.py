"""The pack against the fixtures of peers, which are read where they are found and are not part of this repository."""
