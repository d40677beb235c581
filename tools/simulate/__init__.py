"""A year of virtual subscribers and depositors against a real gateway, with a migration in the middle of it."""
