"""How big a contributed file may be, and what the one process that reads it may use."""

# A count of a whole gemeente fits many times: 200,000 trees are some 12 MB of CSV.
BYTES = 20_000_000
ROWS = 250_000
COLUMNS = 200  # the widest of our own datasets has 20
CELLS = 4_000_000  # rows times columns: a file of separators alone would fill the memory
CELL = 5_000  # characters: a long explanation, not a document
# openpyxl reads some 90,000 cells a second; who has more can send CSV.
WORKBOOK_CELLS = 400_000
WORKBOOK_COLUMNS = 500  # a sheet has 16,384; beyond this there is only layout

# Workbooks and zipped shapefiles are archives: what they unpack to counts, not what they weigh.
PARTS = 500
UNPACKED = 200_000_000
PART = 40_000_000  # of anything but a sheet: styles and strings are read into memory whole
RATIO = 100  # sheets of ten thousands of alike rows stay below 40
RATIO_FROM = 1_000_000  # bytes; something small may be as repetitive as it likes

VERTICES = 1_000_000
SQLITE_LENGTH = 20_000_000  # bytes of one value

# Of the process that reads: what the parsers themselves do not foresee.
MEMORY = 1_000_000_000
CPU_SECONDS = 8
SECONDS = 9.0
SHOWN = 200  # faults in one list; who has more mends these first
