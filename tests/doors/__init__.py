"""One suite of behaviours, run through every door."""
