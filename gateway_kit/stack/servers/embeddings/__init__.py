"""Real sentence embeddings with OpenAI's API: all-MiniLM-L6-v2 (int8) on ONNX Runtime.

`POST /v1/embeddings` takes one text or a list and answers with vectors of 384 numbers and length 1; texts beyond 256
tokens are cut, as the model was trained. `GET /health` answers 200 once the model is loaded.
"""
