"""The inbox: what people send in waits here until somebody else has looked at it."""
