"""Records: the frames that an experiment measured, with where they come from.

A store is a folder with one folder to an experiment, named by its title and the hash of its
settings (`experiments.record_name`). A record is small text: one CSV file to a frame, packed where
it is long, and a `provenance.json`.
"""

from glorot_tutor.study.records.record import (
    DamagedRecord,
    NotRecorded,
    Record,
    as_text,
    measure,
)
from glorot_tutor.study.records.store import BOOK, Store

__all__ = [
    "BOOK",
    "DamagedRecord",
    "NotRecorded",
    "Record",
    "Store",
    "as_text",
    "measure",
]
