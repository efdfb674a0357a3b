"""The books that every visitor needs, read once in the process that the kernels are forked from."""

from contextlib import suppress

from wijkboek_utils import folders
from wijkboek_utils.errors import Fout
from wijkboek_utils.explorer import board

# Importing this module is how the process is told what to do; nothing else imports it. What is
# wrong with the figures is said on the page of who visits.
with suppress(Fout):
    board.explorer(folders.served(folders.DEFAULT))
