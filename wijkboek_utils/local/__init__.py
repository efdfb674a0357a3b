"""Data that people of the wijk collect themselves: from a file to checked rows in the books."""
