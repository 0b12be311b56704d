"""Trivium: unsupervised learning on the shared core."""

import sys

import core

if "cross_entropy" not in getattr(core, "__all__", ()) and sys.argv[:1] != ["-m"]:  # another core.py; a command says so
    raise ImportError(f"the module 'core' is not Trivium's but stands at {core.__file__}: rename it, or run elsewhere")

FORMER = """
adversarial=clustering.virtual_adversarial bernoulli_mixture=generative.bernoulli_mixture
choose_k=clustering.prediction_strength clips=clustering.sound_task cluster_pictures=clustering.plots
clusterer=clustering.clusterer counts=text.ngram_models dec=clustering.dec evaluate_clusters=clustering.evaluate
evaluate_images=generative.image_evaluate evaluate_records=text.evaluate_lines
evaluate_sounds=generative.speech_evaluate evaluate_text=text.evaluate free_writer=text.review_model
image_models=generative.image_task image_pictures=generative.image_plots information=clustering.mutual_information
language=text.language_model likelihoods=generative.likelihoods mixture=text.interpolation
picture_clusters=clustering.image_task priors=generative.priors probed=linear_probe rows=clustering.table_methods
sound_pictures=generative.speech_evaluate speaker=generative.speech typical=clustering.describe vae=generative.vae
voice=generative.speech_features
"""  # where modules stand now, for tasks that were written before
