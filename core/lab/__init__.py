"""Trivium: what every runner shares, on top of the core. Imports core and libraries, never a sibling."""

import sys

from core.lab.former import FINDER

FORMER = """
animate=report.gif cartpole=problems.cartpole cells=compare.cell characters=text.window_model check=runs.check
compare_page=compare.page compare_pictures=compare.plots compare_tables=compare.tables compared=compare.groups
data_files=data.download data_kinds=data.splits data_known=data.sets.free_spoken_digits
datasets=data.splits,data.registry demo=cli.demo display=runs.progress,report.format engines=study.engines
episodes=envs.vector,envs.rollout examples=cli.predict film=envs.film,report.gif flags=cli.flags
folder=runs.folder,files generate=cli.generate generation=text.sampling griffin_lim=audio.griffin_lim
images=vision.augment inspect=cli.inspect jobs=study.job,study.runner labelled=data.checks listing=cli.list
loop=runs.loop machine=environment measure=results.records ngrams=text.hashed_ngrams pictures=vision.photos
plots=report.plots praise=problems.reviews probes=stats.linear_probe quotes=results.quotes
readers=data.formats,audio.wav records=text.lines run=runs.run scaffold=cli.new
sentences=text.sentences,text.bpe,text.tokenize sounds=audio.spectrogram,audio.wav spec=study.spec
study_report=study.report study_status=study.status tables=data.tables tasks=runs.tasks vocabulary=text.vocabulary
witten_bell=text.witten_bell words=text.hashed_words
"""  # where modules stand now, for tasks that were written before

sys.meta_path.append(FINDER)
