"""Replays the recording of prompts, datasets, experiments, scores and the rest against one store.

The calls are made in the recorded order, since each needs what the earlier ones left. About a third of the recording is
not here; what later calls need of it, the modules `prompts`, `datasets` and `scores` add as steps of their own. Each of
them says which families of calls it answers for, and what the store answers otherwise than Langfuse on purpose.
"""
