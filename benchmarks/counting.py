"""Counting alone: nats per character of modified Kneser-Ney of every order, on the texts that the networks learn.

    python benchmarks/counting.py                     all of them
    python benchmarks/counting.py names_distinct      one text; the others stay in the record

No seed enters. All of a training part is counted, where the report of a task counts its last two million characters;
the order is chosen on the validation part, and the figure of every order on the test part stands beside it. Names and
reviews are records: no n-gram goes across the border of two, but for `names_running_on`, where names are counted as any
text is. In `shakespeare_both` the validation part is counted too, once the order is chosen: what it then says of the
validation part is no figure, and left out. Seconds are the processor's, of counting and of scoring both parts. The
record, results/counting.json, has a row for each text.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from measured import load

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
OUT = ROOT / "benchmarks" / "results" / "counting.json"
TEXTS = {
    "names_distinct": 8,
    "names_running_on": 8,
    "names_lecture": 8,
    "reviews": 12,
    "shakespeare": 10,
    "shakespeare_both": 10,
    "python_reference": 10,
}  # characters of the longest n-grams
CHUNK = 1 << 15  # positions that counting is asked for at once


def read(name: str, data: Any) -> Any:
    """The text in its three parts."""
    from unsupervised.tasks import names, reviews

    if name.startswith("names"):
        return names.divided(data("names"), "lecture" if name == "names_lecture" else "distinct")
    if name == "reviews":
        return reviews.written(data("reviews"))
    return data("python-reference" if name == "python_reference" else "tiny-shakespeare")


def measure(name: str) -> dict[str, Any]:
    from core.lab.data.registry import Data
    from core.lab.environment import versions
    from core.lab.text import lines as records
    from core.lab.text.vocabulary import Vocabulary
    from unsupervised.text import evaluate as evaluate_text
    from unsupervised.text.ngram_models import Counts, kneser_ney_orders

    data, longest = Data(), TEXTS[name]
    text = read(name, data)
    vocabulary = Vocabulary.of(text.train)
    train, val, test = (vocabulary.encode(part) for part in text)
    end, cut = None, evaluate_text.windows
    if name in ("names_distinct", "names_lecture", "reviews"):
        end = int(vocabulary.encode(records.END)[0])
        cut = records.windows(end)
    before = np.concatenate([train, val])
    counted = before if name == "shakespeare_both" else train
    if end is not None:
        counted = np.append(end, counted).astype(train.dtype)  # the first record has a beginning too
    started = time.process_time()
    counts = Counts(counted, len(vocabulary), longest, end)
    model = kneser_ney_orders(counts)
    spent = {"counting": round(time.process_time() - started, 2)}
    nats = {}
    for part, history, ids in (("val", train, val), ("test", before, test)):
        if part == "val" and counted is before:
            continue
        started = time.process_time()
        grams = cut(history[-longest:], ids, longest)
        total = sum(model(grams[a : a + CHUNK]).sum(0) for a in range(0, len(grams), CHUNK))
        spent[f"scoring {part}"] = round(time.process_time() - started, 2)
        nats[part] = {f"order {n}": float(-v) for n, v in enumerate(total / len(grams), 1)}
    held = [*counts.keys, *counts.count, *counts.left, *(array for pair in counts.leftward for array in pair)]
    row = {
        "text": name,
        "characters": {"counted": len(counted), "val": len(val), "test": len(test)},
        "symbols": len(vocabulary),
        "nats": nats,
        "bytes": sum(array.nbytes for array in held),
        "processor_seconds": spent,
        "load": load(),
        "data": data.sums,
        "versions": versions(),
    }
    if "val" in nats:
        order = min(nats["val"], key=nats["val"].__getitem__)
        row["chosen"] = {"order": int(order.removeprefix("order ")), **{part: nats[part][order] for part in nats}}
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("texts", nargs="*", default=list(TEXTS), help=", ".join(TEXTS))
    options = parser.parse_args()
    if unknown := set(options.texts) - set(TEXTS):
        parser.error(f"there is no text {', '.join(sorted(unknown))}; there are {', '.join(TEXTS)}")
    from core.lab.files import write_json

    rows = {row["text"]: row for row in json.loads(OUT.read_text())["rows"]} if OUT.exists() else {}
    for name in options.texts:
        rows[name] = measure(name)
        print(json.dumps({key: rows[name][key] for key in ("text", "nats", "bytes", "processor_seconds")}), flush=True)
        write_json(
            OUT,
            {
                "command": "python benchmarks/counting.py",
                "seeds": [],
                "rows": [rows[text] for text in TEXTS if text in rows],
            },
        )


if __name__ == "__main__":
    main()
