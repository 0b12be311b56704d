"""What a file is that goes under a wrong name, told by its first bytes."""

import io
import zipfile

BEGINNINGS = {
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Office document, such as an .xls workbook",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"FEA1": "a Feather file",
    b"SQLite format 3": "an SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array (.npy)",
    b"MATLAB": "a MATLAB file",
    b"$FL2": "an SPSS file",
    b"<stata": "a Stata file",
    b"\x80\x04": "a pickle, which is never loaded",
    b"\x80\x05": "a pickle, which is never loaded",
    b"\x1f\x8b": "packed with gzip",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"7z\xbc\xaf": "packed with 7-Zip",
    b"Rar!": "packed with RAR",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture",
    b"ID3": "an MP3 sound",
    **dict.fromkeys((b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3", b"\xff\xe2"), "an MP3 sound"),
    b"\xff\xf1": "an AAC sound",
    b"fLaC": "a FLAC sound",
    b"OggS": "an Ogg sound",
    b"FORM": "an AIFF sound",
    b".snd": "an AU sound",
    b"caff": "a CAF sound",
    b"\x1aE\xdf\xa3": "a WebM or Matroska file",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"<?xml": "an XML file",
    b"{\\rtf": "an RTF document",
}
INSIDE = {  # of an ISO media file, after its size and `ftyp`
    **dict.fromkeys((b"heic", b"heix", b"mif1", b"msf1"), "a HEIC picture"),
    b"avif": "an AVIF picture",
    b"M4A ": "an M4A sound",
}
RIFFS = {b"WAVE": "a wav sound", b"WEBP": "a WebP picture", b"AVI ": "an AVI film"}
MEMBERS = {"xl/": "an Excel workbook (.xlsx)", "word/": "a Word document", "ppt/": "a PowerPoint document"}


def kind_of(raw: bytes) -> str:
    """What the bytes are, in words that follow "it is": 'an Excel workbook (.xlsx)'; empty where it is not known."""
    if raw[:4] == b"PK\3\4":
        return _zip(raw)
    if raw[4:8] == b"ftyp":
        return INSIDE.get(raw[8:12], "an MP4 film or sound")
    if raw[:4] in (b"RIFF", b"RF64"):
        return RIFFS.get(raw[8:12], "")
    head = raw[:256].lstrip()
    return next((said for begin, said in BEGINNINGS.items() if raw.startswith(begin) or _same(head, begin)), "")


def _same(head: bytes, begin: bytes) -> bool:
    return begin[:1] == b"<" and head[: len(begin)].lower() == begin  # of markup, small and large letters are one


def _zip(raw: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as file:
            names = file.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, IndexError, EOFError):
        return "a broken zip file"
    known = (said for begin, said in MEMBERS.items() if any(name.startswith(begin) for name in names))
    return next(known, "an OpenDocument file, such as .ods" if "content.xml" in names else "a zip file")
