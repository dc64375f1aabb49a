"""The networks to train, in torch, and how their weights are written.

Each computes what its counterpart for inference does in ONNX Runtime: `JudgingNetwork` what
`vectorstore.cross_encoder.CrossEncoder` does, `ReadingNetwork` what
`vectorstore.passage_reader.PassageReader` does.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding
from transformers import BertModel
from transformers.utils import logging

from vectorstore.bert_session import DIMENSION, bundled_tokenizer
from vectorstore.bundled_model import BUNDLED_WEIGHTS, bundled_folder, file_sha256
from vectorstore.cross_encoder import BATCH_TOKENS, Logits, TrainedWeights, batches
from vectorstore.cross_encoder import MAX_TOKENS as MAX_PAIR_TOKENS
from vectorstore.embedding import BUILDING_A_MODEL
from vectorstore.passage_reader import MAX_TOKENS, ReadingPassage, ReadingTokenizer
from vectorstore.torch_speed import fastest_setting


class PairEncoder:
    """The encoder, and a head that differs by task."""

    def __init__(self, head: torch.nn.Module) -> None:
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers is untyped
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the pooler is unused
        with BUILDING_A_MODEL:
            self.encoder = BertModel.from_pretrained(
                bundled_folder(),
                local_files_only=True,
                dtype=torch.float32,
                hidden_dropout_prob=0.0,
                attention_probs_dropout_prob=0.0,
                add_pooling_layer=False,
            )
        self.encoder.train(mode=False)
        self.head = head

    def load(self, trained: TrainedWeights, *, with_head: bool = True) -> None:
        """Continue from weights trained before."""
        state = self.encoder.state_dict()
        self.encoder.load_state_dict(
            {name: torch.from_numpy(trained.encoder[name]) for name in state}
        )
        if with_head:
            self.head.load_state_dict(
                {name: torch.from_numpy(each) for name, each in trained.head.items()}
            )

    def keep_layers(self, layers: int) -> None:
        """Use only the first `layers` layers."""
        self.encoder.encoder.layer = self.encoder.encoder.layer[:layers]

    def to(self, device: torch.device | None = None, dtype: torch.dtype | None = None) -> None:
        """Compute on this device and in this dtype from now on; by default the fastest."""
        fastest_device, fastest_dtype = fastest_setting()
        device, dtype = device or fastest_device, dtype or fastest_dtype
        self.encoder.to(device, dtype)  # type: ignore[arg-type]  # it wraps a typed method wrongly
        self.head.to(device, dtype)

    def hidden(self, encodings: Sequence[Encoding]) -> tuple[torch.Tensor, torch.Tensor]:
        """The tokens' vectors, (n, longest, size), and which belong to the second text.

        All are padded to the longest pair.
        """
        longest = max(len(each) for each in encodings)
        ids = torch.zeros((3, len(encodings), longest), dtype=torch.long)
        for row, each in enumerate(encodings):
            ids[:, row, : len(each)] = torch.tensor(
                [each.ids, each.type_ids, each.attention_mask], dtype=torch.long
            )
        tokens, types, mask = ids.to(self.encoder.device)
        hidden = self.encoder(
            input_ids=tokens, token_type_ids=types, attention_mask=mask
        ).last_hidden_state
        return hidden, types == 1


class JudgingNetwork(PairEncoder):
    """Reads evidence and a claim."""

    head: torch.nn.Linear

    def __init__(self, outputs: int) -> None:
        super().__init__(torch.nn.Linear(3 * DIMENSION, outputs))
        self.tokenizer = bundled_tokenizer()

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Logits:
        result = np.zeros((len(pairs), self.head.out_features), np.float32)
        tokens = self.tokenize(pairs)
        with torch.inference_mode():
            for batch in batches(tokens, BATCH_TOKENS):
                found = self.forward([tokens[index] for index in batch])
                result[batch] = found.float().cpu().numpy()
        return result

    def tokenize(
        self, pairs: Sequence[tuple[str, str]], max_tokens: int = MAX_PAIR_TOKENS
    ) -> list[Encoding]:
        self.tokenizer.enable_truncation(max_tokens, strategy="longest_first")
        return self.tokenizer.encode_batch(list(pairs))

    def forward(self, encodings: Sequence[Encoding]) -> torch.Tensor:
        """The logits of one batch."""
        hidden, is_second = self.hidden(encodings)
        in_second = is_second[:, :, None]
        mean = (hidden * in_second).sum(1) / in_second.sum(1)
        highest = hidden.masked_fill(~in_second, -1e4).amax(1)
        logits: torch.Tensor = self.head(torch.cat([hidden[:, 0], mean, highest], 1))
        return logits


class ReadingNetwork(PairEncoder):
    """Reads a question and a passage. The first and last token of the answer are learnt along with
    the sentences."""

    head: torch.nn.ModuleDict

    def __init__(self) -> None:
        super().__init__(
            torch.nn.ModuleDict(
                {
                    "sentence": torch.nn.Linear(3 * DIMENSION, 1),
                    "none": torch.nn.Linear(DIMENSION, 1),
                    "ends": torch.nn.Linear(DIMENSION, 2),
                }
            )
        )
        self._tokenizer = ReadingTokenizer()

    def tokenize(
        self, pairs: Sequence[tuple[str, ReadingPassage]], max_tokens: int = MAX_TOKENS
    ) -> list[Encoding]:
        return self._tokenizer.encode(pairs, max_tokens)

    def logits(
        self, encodings: Sequence[Encoding], owners: Sequence[NDArray[np.int64]], most: int
    ) -> tuple[Logits, Logits]:
        with torch.inference_mode():
            sentences, ends = self.forward(encodings, owners, most)
        return sentences.float().cpu().numpy(), ends.float().cpu().numpy()

    def forward(
        self, encodings: Sequence[Encoding], owners: Sequence[NDArray[np.int64]], most: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of no answer and each sentence, (n, 1 + most), and of both ends, (n, longest, 2).

        `owners` say which sentence a token belongs to, -1 for none. A sentence without tokens has
        the logit -inf.
        """
        hidden, _ = self.hidden(encodings)
        count, longest, size = hidden.shape
        # Tokens outside any sentence are collected in a slot of their own, which is dropped.
        places = torch.full((count, longest), most, dtype=torch.long)
        for row, owner in enumerate(owners):
            places[row, : len(owner)] = torch.from_numpy(np.where(owner < 0, most, owner))
        places = places.to(hidden.device)
        index = places[:, :, None].expand(-1, -1, size)
        empty = hidden.new_zeros((count, most + 1, size))
        sums = empty.scatter_reduce(1, index, hidden, "sum")
        highest = empty.scatter_reduce(1, index, hidden, "amax", include_self=False)
        tokens = hidden.new_zeros((count, most + 1)).scatter_add(
            1, places, hidden.new_ones((count, longest))
        )
        mean = sums / tokens.clamp_min(1)[:, :, None]
        first = hidden[:, :1].expand(-1, most + 1, -1)
        logits = self.head["sentence"](torch.cat([first, mean, highest], 2))[:, :most, 0]
        logits = logits.masked_fill(tokens[:, :most] == 0, float("-inf"))
        none = self.head["none"](hidden[:, 0])
        return torch.cat([none, logits], 1), self.head["ends"](hidden)


def write_weights(path: Path, network: PairEncoder, settings: Mapping[str, float]) -> None:
    """What differs from the bundled model, and `settings` to read back with it."""
    from safetensors.torch import save_file

    tensors: dict[str, torch.Tensor] = {}
    base = PairEncoder(torch.nn.Identity()).encoder.state_dict()
    for name, value in network.encoder.state_dict().items():
        change = value.float() - base[name].float()
        if not change.any():
            continue
        if change.dim() == 2:
            scale = change.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127
            tensors[f"encoder.{name}.int8"] = (change / scale).round().char()
            tensors[f"encoder.{name}.scale"] = scale
        else:
            tensors[f"encoder.{name}"] = change.contiguous()
    for name, value in network.head.state_dict().items():
        tensors[f"head.{name}"] = value.float().contiguous()
    metadata = {"base_sha256": BUNDLED_WEIGHTS, "settings": json.dumps(dict(settings))}
    save_file(tensors, path, metadata)


def write_packaged(path: Path, network: PairEncoder, settings: Mapping[str, float]) -> None:
    """`write_weights`, and beside the file the hash that `packaged_sha256` reads."""
    write_weights(path, network, settings)
    line = f"{file_sha256(path)}  {path.name}\n"
    path.with_suffix(".sha256").write_text(line, encoding="ascii")
