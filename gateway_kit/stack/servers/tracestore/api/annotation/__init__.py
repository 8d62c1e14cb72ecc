"""What people say of traces: comments, and queues of traces, observations and sessions to be judged."""
