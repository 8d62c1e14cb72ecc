"""Pictures of README and the lessons: `make images`."""
