from core.lab.compare.cell import Cell as Cell
from core.lab.config import check as check, settings as settings
from core.lab.data.registry import Data as Data
from core.lab.data.splits import Splits as Splits, split as split
from core.lab.epochs import Epochs as Epochs
from core.lab.errors import Refusal as Refusal, Stopped as Stopped, nearest as nearest
from core.lab.files import (
    check_size as check_size,
    free_name as free_name,
    lock as lock,
    read_json as read_json,
    write_json as write_json,
    write_text as write_text,
)
from core.lab.learner import Exam as Exam, Learner as Learner, Report as Report, weights as weights
from core.lab.paths import UserPath as UserPath, user_path as user_path
from core.lab.state import (
    Kept as Kept,
    State as State,
    prefixed as prefixed,
    restore as restore,
    rng_state as rng_state,
    saved as saved,
    set_rng_state as set_rng_state,
    unprefixed as unprefixed,
)
from core.lab.terminal import printable as printable

__all__: list[str]
FORMER: str
