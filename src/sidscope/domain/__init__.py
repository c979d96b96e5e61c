"""What the words mean: pure functions and values. No I/O; imports nothing of the rest."""
