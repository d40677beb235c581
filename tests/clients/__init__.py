"""Programs that people fetch dossiers with, run unchanged against a real door."""
