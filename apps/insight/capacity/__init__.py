"""How many fit, and what will be needed."""
