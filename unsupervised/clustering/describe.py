"""What the members of a cluster of a table's rows have in common, in the units of the table, beside all its rows."""

import csv
import io
from collections import Counter

import numpy as np

from core import Array
from core.lab.data.columns import Categorical, Numeric
from core.lab.data.encoder import Encoder
from core.lab.data.notation import blank
from core.lab.data.tables import Rows

SHOWN = 12  # columns of a cluster that are told, at most: those in which it differs most
WORD = 24  # characters of a value, at most
WIDE = 32  # and of a column's name


def typical(rows: Rows, encoder: Encoder, said: Array) -> str:
    """For each cluster in `said` (N,) its columns, the telling ones first.

    A column of numbers differs by |mean in the cluster - mean of all| in deviations of all; one of words by the share
    of rows that would have to change their word, sum over the words of |share in the cluster - share of all| / 2.
    """
    return "\n\n".join(_cluster(rows, encoder, said == k, f"Cluster {k}") for k in np.unique(said).tolist())


def _cluster(rows: Rows, encoder: Encoder, own: Array, title: str) -> str:
    told = [_number(rows, c, own) if isinstance(c, Numeric) else _word(rows, c, own) for c in encoder.columns]
    lines = sorted(told, key=lambda line: -line[0])
    shown = [f"{title}: {own.sum()} of {len(rows)} rows ({own.mean():.0%})", *(line for _, line in lines[:SHOWN])]
    return "\n".join(shown + [f"  and less so in {len(lines) - SHOWN} more"] * (len(lines) > SHOWN))


def _number(rows: Rows, column: Numeric, own: Array) -> tuple[float, str]:
    v, name = column.read(rows).values, column.name
    there = ~np.isnan(v)
    if not (own & there).any():
        return 0.0, f"  {name[:WIDE]:{WIDE}} missing in all of them"
    scale = float(np.abs(v[there]).max()) or 1.0  # so that the square of no number overflows
    z = v / scale
    here, all_rows, deviation = (float(f) for f in (z[own & there].mean(), z[there].mean(), z[there].std()))
    d = (here - all_rows) / deviation if deviation > 1e-12 else 0.0
    own_mean, mean = (column.notation.written(value * scale) for value in (here, all_rows))
    return abs(d), f"  {name[:WIDE]:{WIDE}} {own_mean:>12}   all: {mean:>12}   {d:+.1f} deviations"


def _word(rows: Rows, column: Categorical, own: Array) -> tuple[float, str]:
    name = column.name
    words = np.array(["missing" if blank(text) else text[:WORD] for text in rows.column(name)])
    here, everywhere = (Counter(part.tolist()) for part in (words[own], words))
    shares = {word: (here[word] / own.sum(), everywhere[word] / len(own)) for word in everywhere}
    word = max(shares, key=lambda word: shares[word])
    d = sum(abs(a - b) for a, b in shares.values()) / 2
    return d, f"  {name[:WIDE]:{WIDE}} {word:>12} {shares[word][0]:.0%}   all: {shares[word][1]:.0%}"


def in_units(encoder: Encoder, example: Array) -> str:
    """One encoded row (I,) as it stands in its file, up to six columns: numbers in their units, words as words."""
    at, told = 0, []
    for column in encoder.columns[:6]:
        z = example[at : at + len(column.features)]
        at += len(z)
        if isinstance(column, Numeric):
            missing = column.gaps and z[1] > 0.5
            v = (z[0] + column.mean / column.deviation) * column.deviation
            value = "missing" if missing else column.notation.written(float(v))
        else:
            value = ([*column.values, "other"][int(z.argmax())] or "missing")[:WORD]
        told.append(f"{column.name[:WIDE]} {value}")
    return ", ".join(told) + (", ..." if len(encoder.columns) > 6 else "")


def with_clusters(rows: Rows, said: Array) -> str:
    """The rows as a csv file, the cluster of each in front of its own columns."""
    name = "cluster"
    while name in rows.columns:
        name += " found"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([name, *rows.columns])
    writer.writerows(zip(said.tolist(), *rows.columns.values(), strict=True))
    return out.getvalue()
