"""Keep the books of a Dutch neighbourhood. Import the modules; nothing happens here."""

__version__ = "0.1.0"
