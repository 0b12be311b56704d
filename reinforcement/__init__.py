"""Trivium: reinforcement learning on the shared core."""

import sys

import core

if "cross_entropy" not in getattr(core, "__all__", ()) and sys.argv[:1] != ["-m"]:  # another core.py; a command says so
    raise ImportError(f"the module 'core' is not Trivium's but stands at {core.__file__}: rename it, or run elsewhere")

FORMER = """
any_env=envs.gymnasium_env blackjack=envs.blackjack board_game=games.task classic=envs.classic_control
digit_bandit=envs.digit_bandit evaluate_games=games.evaluate evaluate_glimpse=glimpse.evaluate game_env=games.env
game_picture=games.plots glimpse_env=glimpse.env glimpse_pictures=glimpse.plots go=games.go
lander=envs.lunar_lander moments=running_stats opponents=games.players play=games.play policy=distributions
replay=replay_buffer robots=envs.locomotion search=games.mcts self_play=games.self_play
table_envs=envs.tabular_env toy_text=envs.toy_text tuned=text.kl_reinforce
"""  # where modules stand now, for tasks that were written before
