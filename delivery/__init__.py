"""What delivery runs beside the engine: whoever builds, here or elsewhere, runs the same commands."""
