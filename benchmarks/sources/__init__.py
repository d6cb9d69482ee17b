"""What reading sources costs, how many one core bears, and how fast a push is: `python -m benchmarks.sources`."""
