"""The live dashboard: `panel` shows it, `sources` reads the calls, `process` runs the `renderer` in a child process.

Drawing stays out of the kernel, since Python runs one thread at a time: with a thread that draws twice a second, calls
that eight other threads make are about twice as slow at p95. The child imports no client and no widget, so this module
imports nothing.
"""
