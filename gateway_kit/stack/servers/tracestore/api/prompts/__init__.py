"""Prompts: versions with labels and tags, references between them, deletion."""
