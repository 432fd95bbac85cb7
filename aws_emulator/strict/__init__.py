"""Refuses requests that AWS refuses and moto accepts.

`shapes` checks a request against the input shape that botocore ships: required members, lengths, ranges, enums and
patterns. `constraints` and its siblings hold documented rules that the models lack, each with its source. `middleware`
stands before moto, refuses with AWS's error code and a sentence, and counts what it refused by name.
"""
