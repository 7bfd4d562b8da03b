"""What /insight shows."""
