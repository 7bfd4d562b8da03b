"""Conditions, and who is told that they hold."""
