"""Reviews of women's clothing, out of a shop's pages."""

import numpy as np

from core.lab.data.sets import GITHUB, DataSet, File, Folder, formats
from core.lab.data.splits import Reviews

CSV = "Womens Clothing E-Commerce Reviews.csv"


def read(folder: Folder) -> Reviews:
    rows = formats.csv_rows(formats.text(folder.read(f"{CSV}.gz")))
    title, text = ([row[name] for row in rows] for name in ("Title", "Review Text"))
    rating, recommended = (np.array([int(row[name]) for row in rows]) for name in ("Rating", "Recommended IND"))
    return Reviews(title, text, rating, recommended)


PLAIN = File(
    f"reviews/womens-clothing/{CSV}",
    8_483_448,
    "bd93cc515747ad1f87b8bc863c9e40da758509e6db6506a96d06976e61e36ee0",
    (
        f"{GITHUB}/MichalSzopinski00/The-Best-Classifier/31a3d4bdcaf1499e4a8bfc74d4b935280a616d91/"
        "Womens%20Clothing%20E-Commerce%20Reviews.csv",
    ),
)
WOMENS_CLOTHING = DataSet(
    "23,486 product reviews with a rating",
    "CC0 1.0",
    '"nicapotato", Women\'s Clothing E-Commerce Reviews, Kaggle',
    read,
    (
        File(
            f"reviews/womens-clothing/{CSV}.gz",
            2_831_070,
            "471110b1fd241cb109a6cb1ec95760e84b071c5ce2df0f6f30876c0b941a1767",
            unpacked=8_483_448,
            instead=PLAIN,
        ),
    ),
)
