"""The history of runs and the accounts' leases, in a database.

Only what applies, or asks for the history, imports it: SQLAlchemy takes its time.
"""
