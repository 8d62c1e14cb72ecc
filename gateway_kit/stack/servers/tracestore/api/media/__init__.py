"""Media: images, sounds and files of traces and of items of datasets."""
