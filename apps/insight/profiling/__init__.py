"""Where time goes: profiles on demand, and requests over their budget."""
