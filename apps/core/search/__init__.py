"""Search as one types, over whatever has terms: what is indexed, what is asked, and how well the one fits the other."""
