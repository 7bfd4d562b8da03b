"""Whether what is promised is kept: in a month, in a night."""
