"""What the words mean: pure functions and frozen dataclasses. No I/O; imports nothing of the rest."""
