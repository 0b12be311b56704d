"""English sentences with their French translations."""

from core.lab.data.sets import GITHUB, DataSet, File, Folder, formats


def read(folder: Folder) -> list[tuple[str, str]]:
    """(English, French), from short to long. English sides repeat: divide them by the English side, not by the line."""
    rows = formats.lines(formats.text(folder.members("fra-eng.zip")["fra.txt"]))
    return [(english, french) for english, french in (row.split("\t") for row in rows)]


ENGLISH_FRENCH = DataSet(
    "142,787 English sentences with a French translation",
    "CC BY 2.0",
    "www.manythings.org/anki and tatoeba.org, edition of 2017-09-29",
    read,
    (
        File(
            "english-french/fra-eng.zip",
            2_951_390,
            "16c4f7d0df9e7c5e6c54cdb0447f3f4a18a55052ff5e2e0b27dd4a06c0e49d04",
            (f"{GITHUB}/genimind/seq2seq/4f3f8eb0adde54fcc8b89394336b002e7961244c/fra-eng.zip",),
            10_010_956,
        ),
    ),
)
