"""What a rehearsal boots: a user's configuration led to the simulator, and a stack of its own without a network."""
