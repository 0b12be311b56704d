"""Trivium: supervised learning on the shared core."""

import sys

import core

if "cross_entropy" not in getattr(core, "__all__", ()) and sys.argv[:1] != ["-m"]:  # another core.py; a command says so
    raise ImportError(f"the module 'core' is not Trivium's but stands at {core.__file__}: rename it, or run elsewhere")

FORMER = """
bag=translation.embedding_bag evaluate=metrics.classification evaluate_translation=translation.evaluate
evaluate_values=metrics.regression fitting=estimator_base patches=vision.convnet photos=vision.conv_task
pictures=vision.mlp_task shared_code=translation.alignment sinusoids=meta.sinusoids spoken=audio.spoken_words
steered=text.guided_writer targets=tables.targets time_delay=audio.tdnn transfer_report=transfer.report
translator=translation.translator voices=audio.augment wake_word=audio.wake_word word_table=translation.ibm_model1
"""  # where modules stand now, for tasks that were written before
