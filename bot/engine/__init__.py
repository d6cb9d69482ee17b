"""Engine: who runs the work."""
