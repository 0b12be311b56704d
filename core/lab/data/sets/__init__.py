"""Trivium: the data sets, one file each: their files, known to the byte, how they are read, licence and citation."""

from core.lab.data import formats
from core.lab.data.dataset import DataSet
from core.lab.data.download import File, Folder

__all__ = ["GITHUB", "DataSet", "File", "Folder", "formats"]  # what a file of a set needs, here or in another package

GITHUB = "https://raw.githubusercontent.com"
