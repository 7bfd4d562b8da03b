"""Backups of the database and the files that were uploaded: made, checked, restored. docs/installation.md says how to
run them, and what PostgreSQL does beside them to lose no more than a minute."""
