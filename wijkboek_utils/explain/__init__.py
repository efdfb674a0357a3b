"""The derivation of a printed figure: from raw cells, through every step, to its digits."""
