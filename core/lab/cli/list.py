"""`trivium list`: which tasks there are."""

import json
from collections.abc import Sequence

from core.lab import Refusal, printable
from core.lab.runs import tasks as found


def tasks(args: Sequence[str]) -> int:
    infos = found.describe_all()
    if args and args != ["--json"]:
        raise Refusal(f"trivium list takes no {args[0]!r} (only --json)")
    if args:
        print(json.dumps([vars(info) for info in infos]))
        return 0
    infos.sort(key=lambda info: ([info.paradigm != known for known in found.PARADIGMS[:2]], info.name))
    wide = [max((len(getattr(info, part)) for info in infos), default=0) for part in ("name", "paradigm", "problem")]
    for info in infos:
        needs = f" (needs: {info.needs})" if info.needs else ""
        words = f"{info.name:{wide[0]}}  {info.paradigm:{wide[1]}}  {info.problem:{wide[2]}}  {info.summary}{needs}"
        print(printable(words))
    return 0
