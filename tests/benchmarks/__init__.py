"""What sidscope is worth in seconds and bytes: ``python -m tests.benchmarks``.

Every figure is a ratio against what a user would do otherwise or against the limit of the machine, measured in the
same call, in turns, as the median of several rounds. Not part of the test run, but for a smoke of each
(``test_smoke.py``).
"""
