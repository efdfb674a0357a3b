"""The explorer (`91_verkenner`): any area, year, key set and sector of the books, at once."""

import os

# A second thread makes the small matrices of one area slower, and numpy asks only when it loads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
