"""Stand-alone programs that the stack starts; they import nothing from the kit."""
