"""What reaches the other Region later: items of global tables, objects of buckets, writes of databases.

All of it is under way on the same links (`transit`), at one lag that can be set; a Region that is lost neither sends
nor receives. What is delivered how is said by `tables`, `objects` and `databases`, each by the AWS documents it names.
"""
