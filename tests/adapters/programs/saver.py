"""A checkpointer that outlives its process: LangGraph's own one for memory, in a file."""

from __future__ import annotations

import pickle
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver


class FileSaver(InMemorySaver):
    """Writes everything down after each change."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = Path(path)
        self._lock = threading.Lock()  # LangGraph writes in threads
        if self._path.exists():
            storage, writes, blobs = pickle.loads(self._path.read_bytes())
            for thread, namespaces in storage.items():
                self.storage[thread] = defaultdict(dict, namespaces)
            self.writes.update(writes)
            self.blobs.update(blobs)

    def put(self, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            config = super().put(*args, **kwargs)
            self._keep()
        return config

    def put_writes(self, *args: Any, **kwargs: Any) -> None:
        with self._lock:
            super().put_writes(*args, **kwargs)
            self._keep()

    def _keep(self) -> None:
        storage = {thread: dict(spaces) for thread, spaces in self.storage.items()}
        beside = self._path.with_suffix(".new")
        beside.write_bytes(pickle.dumps((storage, dict(self.writes), dict(self.blobs))))
        beside.replace(self._path)
