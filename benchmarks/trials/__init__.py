"""What benchmarks/trust.py does: kills, fuzz, faults, equality, memory. A trial a file."""
