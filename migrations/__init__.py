"""The steps by which a database gets the schema of `gateway.store.tables`, and keeps it when that changes.

Forward only: the way back from a step is the backup made before it. `gateway.store.schema` runs the steps; they are
installed beside the package `gateway`.
"""
