"""Django's backends, measured: each says in apps/core/spent.py what it took."""
