"""What people can do together with the books open: inverdienen, the exchange, the wijkbedrijf."""
