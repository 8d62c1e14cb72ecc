"""The images of the README and the lessons: `make images`."""
