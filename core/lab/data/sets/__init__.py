"""Trivium: the data sets, one file each: their files, known to the byte, how they are read, licence and citation."""

GITHUB = "https://raw.githubusercontent.com"
