"""all-MiniLM-L6-v2 in onnxruntime. Imported by `encoder` alone and only when a text is to be encoded:
the libraries under it cost more memory than the rest of the process."""

import ctypes
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import BertProcessing

_TOKENS: Final = 256
"""What the model was trained to read; the rest of a text is not looked at."""
_CHARACTERS: Final = 6_000
"""More than so many tokens ever have; keeps the tokeniser from reading megabytes."""
_BATCH_TOKENS: Final = 256
"""Tokens of a batch, padding included: more of them are no faster on two cores, but take memory."""
_THREADS: Final = 2
_PROVIDERS: Final = ["CPUExecutionProvider"]
_FILE: Final = "model.onnx"
_PREPARE: Final = """
import sys
import onnxruntime

options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
options.optimized_model_filepath = sys.argv[2]
for name, value in (("file_name", "weights"), ("min_size_in_bytes", "1024")):
    options.add_session_config_entry(f"session.optimized_model_external_initializers_{name}", value)
onnxruntime.InferenceSession(sys.argv[1], sess_options=options, providers=["CPUExecutionProvider"])
"""
_M_MMAP_THRESHOLD: Final = -3
"""The number of this parameter in glibc's malloc.h."""
_LARGE_BLOCK: Final = 1024 * 1024
"""Bytes: what a ticket needs is smaller, what a whole article needs is given back (and takes longer)."""


class Encoder:
    """Safe for threads: the runtime's session is, and the tokeniser keeps no state."""

    def __init__(self, model: Path, prepared: Path) -> None:
        _keep_heap_small()
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # done before
        options.add_session_config_entry("session.disable_prepacking", "1")  # it copies what is mapped
        options.enable_cpu_mem_arena = False  # the arena keeps the largest batch ever seen,
        options.enable_mem_pattern = False  # the pattern plans for it
        options.intra_op_num_threads = _THREADS
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(_prepared(model, prepared)), sess_options=options, providers=_PROVIDERS
        )
        self._tokenizer = _tokenizer()

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length 1 for each text, in their order."""
        tokens = self._tokenizer.encode_batch([text[:_CHARACTERS] for text in texts])
        vectors: dict[int, list[float]] = {}
        for places in _batches([len(each.ids) for each in tokens]):
            rows = self._run([tokens[place].ids for place in places])
            vectors.update(zip(places, rows, strict=True))
        return [vectors[place] for place in range(len(texts))]

    def _run(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """Means over the tokens of each text, padding left out."""
        longest = max(map(len, batch))
        ids = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states: Any = self._session.run(["last_hidden_state"], feeds)[0]
        weights = mask[:, :, None].astype(np.float32)
        means = (states * weights).sum(axis=1) / weights.sum(axis=1)
        unit: list[list[float]] = (means / np.linalg.norm(means, axis=1, keepdims=True)).tolist()
        return unit


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The places of texts of like length together, each batch within `_BATCH_TOKENS`."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[place] > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _keep_heap_small() -> None:
    """Have glibc give large blocks back when they are freed: it would keep some 100 MB of them otherwise."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)


def _prepared(model: Path, folder: Path) -> Path:
    """The model with its weights unpacked beside it, made in `folder` once for each version of the runtime.

    The weights of that one are mapped, not read: loading needs 160 MB less for a moment and 50 MB less for
    good, and processes share them. A process of its own makes it, because that needs the memory after all.
    """
    wanted = folder / f"{model.stem}-{onnxruntime.__version__}"
    if not wanted.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as made:
            command = [sys.executable, "-c", _PREPARE, str(model), f"{made}/{_FILE}"]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603
            with suppress(OSError):  # another process was first
                Path(made).rename(wanted)
                Path(made).mkdir()  # for the context to clear away
    return wanted / _FILE


def _tokenizer() -> Tokenizer:
    """BERT's, from the vocabulary in `data/`."""
    words = resources.files("flowpilot.core.retrieval").joinpath("data/vocab.txt").read_text("utf-8")
    vocabulary = {word: number for number, word in enumerate(words.split("\n")) if word}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = BertProcessing(("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"]))
    tokenizer.enable_truncation(_TOKENS)
    return tokenizer
