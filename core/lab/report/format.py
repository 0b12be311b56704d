"""Figures and tables as text on a terminal."""

import sys
from collections.abc import Sequence


def figure(value: float) -> str:
    """A number for a table: four significant digits, large ones without a fraction."""
    return f"{value:.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def span(low: float, high: float) -> str:
    """'0.91 to 0.95': the bounds of an interval."""
    return f"{figure(low)} to {figure(high)}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """Prints a table to stdout, or a line a cell where the terminal is too narrow; cells are plain text, not markup."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from core.lab.terminal import fitting

    header, title = [fitting(name) for name in header], fitting(title)
    rows = [[fitting(cell) for cell in row] for row in rows]
    console = Console(width=None if sys.stdout.isatty() else 1000)  # a pipe has no width: rows stay whole there
    drawn = Table(title=Text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD)
    for i, name in enumerate(header):
        drawn.add_column(name, justify="left" if i == 0 else "right")
    for row in rows:
        drawn.add_row(*map(Text, row))
    if console.measure(drawn, options=console.options.update(max_width=10_000)).maximum <= console.width:
        console.print(drawn)
        return
    print(*([title] if title else []), sep="\n")
    for row in rows:
        print(*(f"{name}: {cell}" for name, cell in zip(header, row, strict=True)), "", sep="\n")


def size(amount: int) -> str:
    """'532 B', '12.3 kB', '4.0 MB'."""
    number, units = float(amount), iter(("kB", "MB", "GB", "TB"))
    unit = "B"
    while number >= (999.5 if unit == "B" else 999.95) and (larger := next(units, "")):
        number, unit = number / 1000, larger
    return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"
