"""What each instrumentation calls its attributes, a file each; the order of looking is Langfuse 4's."""
