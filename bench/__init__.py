"""Benchmarks: each prints figures as JSON, with a ratio against a rival or bound measured in the same run."""
