"""Measured quality and speed: `python -m evals` runs what its material is there for and says what it skips."""
