"""Reports by mail: of a day, and of capacity."""
