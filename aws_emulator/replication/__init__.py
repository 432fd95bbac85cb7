"""Replication to the other Region: items of global tables, objects of buckets, writes of databases.

All changes use the same links (`links`) with one lag, which can be set. A lost Region neither sends nor receives.
`tables`, `objects` and `databases` implement the delivery, each by the AWS documents in its docstring.
"""
