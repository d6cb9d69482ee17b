"""The store: one schema for SQLite and PostgreSQL, one file per noun, SQL in sight.

Importing this package costs nothing; its modules import SQLAlchemy, so a command that needs no database imports none.
"""
