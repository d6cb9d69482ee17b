"""What the benchmarks of several tables have in common."""
