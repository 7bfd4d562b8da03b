"""What processes measure, write, and how it adds up."""
