"""Blackjack-v1 as a table: the exact probabilities of Gymnasium's rules, which carry none themselves.

Cards are drawn from an endless deck: ace to 9 with probability 1/13 each, 10 with 4/13. A state is what the player
sees, (sum, the dealer's card, usable ace), and whether the two cards of the deal are a natural, an ace and a ten. By
the rules of Sutton and Barto (2018, example 5.1; `sab`) a natural beats a 21 that took more cards.
"""

from functools import cache

import numpy as np

from reinforcement.tabular import TabularMDP, ended

CARDS = {card: (4 if card == 10 else 1) / 13 for card in range(1, 11)}
SHAPE = 32, 11, 2  # of Gymnasium's observation: sum, dealer's card, usable ace
OBSERVATIONS = 32 * 11 * 2
BUST, NATURAL = 0, 22  # a dealer's scores beside 17 to 21: above 21, and 21 with two cards


def hit(total: int, ace: int, card: int) -> tuple[int, int]:
    """(sum, usable ace) after one more card; a usable ace counts 11, and 1 where 11 would be too much."""
    total += card
    if card == 1 and not ace and total + 10 <= 21:
        return total + 10, 1
    return (total - 10, 0) if total > 21 and ace else (total, ace)


@cache
def dealer(total: int, ace: int, cards: int) -> dict[int, float]:
    """How probably a dealer who draws below 17 ends with which score, with so many cards on the table now."""
    if total > 21:
        return {BUST: 1.0}
    if total >= 17:
        return {NATURAL if cards == 2 and total == 21 else total: 1.0}
    ends: dict[int, float] = {}
    for card, p in CARDS.items():
        for score, q in dealer(*hit(total, ace, card), cards + 1).items():
            ends[score] = ends.get(score, 0.0) + p * q
    return ends


def stick(total: int, natural: bool, shows: int) -> float:
    """The expected reward of the last decision: 1 for a win, -1 for a loss, 0 for a draw."""
    value = 0.0
    for score, p in dealer(*hit(0, 0, shows), 1).items():
        value += p * (score != NATURAL if natural else np.sign(total - min(score, 21)))
    return float(value)


def blackjack() -> TabularMDP:
    """States are Gymnasium's observations in C order, and after them a natural against each card of the dealer."""
    S, K = OBSERVATIONS + 11, len(CARDS)
    shown = np.append(np.arange(OBSERVATIONS), [place(21, d, 1) for d in range(11)])
    w = ended((S, 2, K), np.zeros(S), shown, 30)
    w.prob[:, :, 0] = 1  # states that no deal leads to end at once, without a reward
    for d in range(1, 11):
        for ace in (0, 1):
            for total in range(4 + 8 * ace, 22):
                fill(w, place(total, d, ace), total, ace, d, natural=False)
        fill(w, OBSERVATIONS + d, 21, 1, d, natural=True)
    for first, p in CARDS.items():
        for second, q in CARDS.items():
            total, ace = hit(*hit(0, 0, first), second)
            for d, r in CARDS.items():
                w.start[OBSERVATIONS + d if total == 21 else place(total, d, ace)] += p * q * r
    return w


def place(total: int, shows: int, ace: int) -> int:
    """Where an observation stands among them all."""
    return int(np.ravel_multi_index((total, shows, ace), SHAPE))


def fill(w: TabularMDP, s: int, total: int, ace: int, shows: int, natural: bool) -> None:
    """The two actions of a state: 0 sticks, 1 takes a card."""
    w.reward[s, 0, 0] = stick(total, natural, shows)
    for k, (card, p) in enumerate(CARDS.items()):
        more, still = hit(total, ace, card)
        w.prob[s, 1, k], w.over[s, 1, k] = p, more > 21
        w.reward[s, 1, k] = -1.0 if more > 21 else 0.0
        w.next[s, 1, k] = 0 if more > 21 else place(more, shows, still)
