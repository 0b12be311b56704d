"""Tiny Shakespeare: out of Shakespeare's plays."""

from core.lab.data.sets import GITHUB, DataSet, File, Folder, formats
from core.lab.data.splits import Text, parts


def read(folder: Folder) -> Text:
    return parts(formats.text(folder.read("input.txt")))


TINY_SHAKESPEARE = DataSet(
    "1,115,394 characters out of Shakespeare's plays",
    "public domain",
    "W. Shakespeare; collected by A. Karpathy (repository char-rnn, MIT)",
    read,
    (
        File(
            "tiny-shakespeare/input.txt",
            1_115_394,
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            (f"{GITHUB}/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",),
        ),
    ),
)
