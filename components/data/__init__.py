"""The data layer: database, tables, records, files, cache, backups."""
