"""The main job, told from outside: through the real wiring, both doors and real clients."""
