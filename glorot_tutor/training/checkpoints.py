"""Checkpoints of a training run: one safetensors file each, written whole or not at all."""

from __future__ import annotations

import json
import re
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from glorot_tutor.checks import RunError
from glorot_tutor.files import whole_file
from glorot_tutor.nets import DeepNet

FORMAT = "glorot-tutor checkpoint 1"
_NAME = "checkpoint-{:012d}.safetensors"
_NAMED = re.compile(r"checkpoint-([0-9]{12})\.safetensors")
_HALF = re.compile(r"\.[a-z0-9_]{8}\.safetensors")  # as `whole_file` names what it has not finished


class RefusedError(RunError):
    """A file that is no whole checkpoint of this run."""


def kept(folder: Path) -> dict[int, Path]:
    """Return the checkpoints in a folder by the updates after which they were written.

    The newest comes first. A file of any other name is not one, whatever it resembles.
    """
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    matches = (match for name in names if (match := _NAMED.fullmatch(name)))
    return {int(m[1]): folder / m[0] for m in sorted(matches, key=lambda m: m[0], reverse=True)}


class Checkpoints:
    """The last checkpoints of one run, in a folder of their own.

    A file holds the network's weights and, in its header, the run's identity and its state as
    JSON, with a checksum over all of it. Nothing in it is executed when it is read.

    Parameters
    ----------
    folder
        Where the files are; made if missing. One process at a time may train there.
    identity
        What must be equal for a checkpoint to belong to this run: names and plain values.
    every
        Seconds from one checkpoint to the next.
    keep
        Files that stay, at least 2: should the newest be damaged, the one before it serves.
    """

    def __init__(
        self,
        folder: str | Path,
        identity: Mapping[str, Any] | None = None,
        every: float = 300.0,
        keep: int = 2,
    ) -> None:
        self.folder, self.every, self.keep = Path(folder), every, max(2, keep)
        self.identity: dict[str, Any] = dict(identity or {})
        self._saved_at = time.monotonic()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"cannot make the folder {self.folder}: {error.strerror}.") from error

    def files(self) -> list[Path]:
        """Checkpoints in the folder, newest first."""
        return list(kept(self.folder).values())

    @property
    def is_due(self) -> bool:
        """Whether the next one is to be written."""
        return time.monotonic() - self._saved_at >= self.every

    def save(self, net: DeepNet, update: int, state: Mapping[str, Any]) -> Path:
        """Write the network and the state reached after `update` updates, and drop old files."""
        tensors = {name: t.detach().cpu().contiguous() for name, t in net.state_dict().items()}
        text = json.dumps({"identity": self._plain_identity(), "update": update, "state": state})
        header = {"format": FORMAT, "run": text, "checksum": _checksum(tensors, text)}
        path = self.folder / _NAME.format(update)
        with whole_file(path) as temporary:
            temporary.write_bytes(to_bytes(tensors, header))
        for old in self.files()[self.keep :]:
            old.unlink(missing_ok=True)
        self._saved_at = time.monotonic()
        return path

    def load(self, net: DeepNet) -> tuple[int, dict[str, Any], list[str]]:
        """Put the newest usable checkpoint into `net`, in place.

        Returns
        -------
        update
            Updates it was written after; 0 where there is none yet.
        state
            What `save` was given; empty where there is none yet.
        refused
            A sentence for each newer file that could not be used.

        Raises
        ------
        RunError
            If there are checkpoints and none can be used; the network is as it was.
        """
        for path in self.folder.iterdir():
            if _HALF.fullmatch(path.name):
                path.unlink(missing_ok=True)  # left by a process killed while writing
        refused = []
        for path in self.files():
            try:
                tensors, run = self._read(path)
            except RefusedError as error:
                refused.append(str(error))
                continue
            net.load_state_dict(tensors)
            for newer in self.files()[: len(refused)]:
                newer.replace(newer.with_suffix(".refused"))  # or it would count as the newest
            return run["update"], run["state"], refused
        if refused:
            raise RunError(f"no usable checkpoint: {' '.join(refused)} Start in an empty folder.")
        return 0, {}, []

    def _read(self, path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
        try:
            with safe_open(path, "pt") as file:
                header = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise RefusedError(f"{path} is damaged or no checkpoint ({error}).") from error
        if header.get("format") != FORMAT:
            raise RefusedError(f"{path} is not a {FORMAT}.")
        if header.get("checksum") != _checksum(tensors, header.get("run", "")):
            raise RefusedError(f"{path} is damaged: its checksum does not fit its content.")
        run: dict[str, Any] = json.loads(header["run"])
        self._compare(path, run["identity"])
        return tensors, run

    def _compare(self, path: Path, theirs: dict[str, Any]) -> None:
        ours = self._plain_identity()
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key) != theirs.get(key):
                raise RefusedError(
                    f"{path} belongs to another run: {key} {theirs.get(key)!r} there, "
                    f"{ours.get(key)!r} here."
                )

    def _plain_identity(self) -> dict[str, Any]:
        plain: dict[str, Any] = json.loads(json.dumps(self.identity))  # tuples become lists
        return plain


def _checksum(tensors: Mapping[str, Tensor], text: str) -> str:
    value = zlib.crc32(text.encode())
    for name in sorted(tensors):
        value = zlib.crc32(tensors[name].numpy().data, zlib.crc32(name.encode(), value))
    return f"{value:08x}"
