"""Trivium: what every runner shares, on top of the core. Imports core and libraries, never a sibling.

`from core.lab import Report, Splits, check`: what most files need, loaded when it is asked for.
"""

import sys
from importlib import import_module

from core.lab.former import FINDER

_NAMES = {
    "learner": "Exam Learner Report weights",
    "config": "check settings",
    "errors": "Refusal Stopped nearest",
    "state": "Kept State prefixed restore rng_state saved set_rng_state unprefixed",
    "epochs": "Epochs",
    "data.splits": "Splits split",
    "data.registry": "Data",
    "paths": "UserPath user_path",
    "files": "check_size free_name lock read_json write_json write_text",
    "terminal": "printable",
    "compare.cell": "Cell",
}
_WHERE = {name: home for home, names in _NAMES.items() for name in names.split()}
__all__ = list(_WHERE)
FORMER = """
animate=report.gif cartpole=problems.cartpole cells=compare.cell characters=text.window_model
compare_page=compare.page compare_pictures=compare.plots compare_tables=compare.tables compared=compare.groups
data_files=data.download data_kinds=data.splits data_known=data.sets.free_spoken_digits
datasets=data.splits,data.registry demo=cli.demo display=runs.progress,report.format engines=study.engines
episodes=envs.vector,envs.rollout examples=answers.examples film=envs.film,report.gif flags=cli.flags
folder=runs.folder,files generate=cli.generate generation=text.sampling griffin_lim=audio.griffin_lim
images=vision.augment inspect=cli.inspect jobs=study.job,study.runner labelled=data.checks listing=cli.list
loop=runs.loop machine=environment measure=results.records ngrams=text.hashed_ngrams pictures=vision.photos
plots=report.plots praise=problems.reviews probes=stats.linear_probe quotes=results.quotes
readers=data.formats,audio.wav records=text.lines run=runs.run scaffold=cli.new
sentences=text.sentences,text.bpe,text.tokenize sounds=audio.spectrogram,audio.wav spec=study.spec
study_report=study.report study_status=study.status tables=data.tables,data.encoder,data.notation tasks=runs.tasks
vocabulary=text.vocabulary witten_bell=text.witten_bell words=text.hashed_words
"""  # where modules stand now, for tasks that were written before
sys.meta_path.append(FINDER)


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'core.lab' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"core.lab.{_WHERE[name]}"), name)
    return value
