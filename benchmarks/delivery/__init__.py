"""What delivery costs and how fast it is: `python -m benchmarks.delivery`."""
