"""A speaker that never was: what makes one saying of a word differ from another is learnt as a code, and drawn anew.

A recording is a row of numbers x (`unsupervised.generative.speech_features`); which word it is, in whose voice, is told
with it: c. With m(c) the mean row of the training clips of c, and both networks those of `unsupervised.generative.vae`,
    z ~ N(0, 1),  x ~ N(m(c) + decoder([z, c]), deviation^2),  q(z | x, c) = encoder([x - m(c), c])
so that the code need not say again what the condition says already. Without m the codes of different words keep apart,
against the prior, and of words out of fresh codes one in five was heard as intended.
What is written is drawn from p(x | z, c), not its mean, which is a paler word. Asked about a recording, it compares:
which c makes this x the likeliest?
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from core import Array, Layer, Rng
from core.lab.audio.files import SUFFIXES, read_any
from core.lab.audio.griffin_lim import wav_bytes
from core.lab.audio.wav import Sound
from core.lab.data.splits import Clips
from core.lab.packed import packed, unpacked, vector
from unsupervised.generative.likelihoods import gaussian
from unsupervised.generative.speech_features import (
    BANDS,
    MOMENTS,
    RATE,
    PCAFeatures,
    picture_of,
    principal,
    waves_of,
)
from unsupervised.generative.vae import VAE, Model, VAEPredictor, vae_model

WORDS = "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"


class SpokenWords(NamedTuple):
    """Recordings of words in voices, in three fixed parts, as indices."""

    clips: list[Array]  # each (T,) float32 in [-1, 1)
    rate: int
    word: Array  # N: 0 to 9
    voice: Array  # N: an index into `voices`
    voices: tuple[str, ...]
    train: Array
    val: Array
    test: Array

    @property
    def condition(self) -> Array:
        """(N,): word * len(voices) + voice."""
        return self.word * len(self.voices) + self.voice


def spoken_words(clips: Clips) -> SpokenWords:
    """Repetitions 0 to 4 are the official test part, 5 to 9 validation, the rest training; all of the same voices.

    Raises ValueError where a part lacks a word in one of the voices.
    """
    voices, voice = np.unique(clips.speaker, return_inverse=True)
    at = np.digitize(clips.repetition, (5, 10))  # 0 test, 1 validation, 2 training
    test, val, train = (np.flatnonzero(at == k) for k in range(3))
    for name, part in (("training", train), ("validation", val), ("test", test)):
        if len({*zip(clips.digit[part].tolist(), voice[part].tolist(), strict=True)}) < len(WORDS) * len(voices):
            raise ValueError(f"the {name} part has not every word in every voice; the whole data set is needed")
    return SpokenWords(clips.clips, clips.rate, clips.digit, voice, tuple(voices.tolist()), train, val, test)


def centred(layer: Layer, means: Array, scale: float) -> Layer:
    """y = layer([(x - m(c)) / scale, onehot(c)]) at [x, onehot(c)]: means (C, I), the layer one of I + C features."""
    I = means.shape[1]

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Any]:
        d = (x[..., :I] - x[..., I:] @ means.astype(w.dtype)) * (1 / scale)
        return layer.forward(np.concatenate([d, x[..., I:]], -1), w, rng)

    return Layer(forward, layer.layout, layer.fill, op="center", constants={"means": means}, parts=(layer,))


def raised(layer: Layer, means: Array, scale: float) -> Layer:
    """y = m(c) + scale * layer([z, onehot(c)]): means (C, O), the layer one of Z + C features."""
    C = len(means)

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Any]:
        y, back_layer = layer.forward(x, w, rng)

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            return back_layer(dy * scale, g, add, dx)

        return x[..., -C:] @ means.astype(w.dtype) + scale * y, back

    constants = {"means": means, "scale": scale}
    return Layer(forward, layer.layout, layer.fill, op="shift_scale", constants=constants, parts=(layer,))


def condition_means(x: Array, t: Array) -> tuple[Array, float]:
    """The mean row of each condition, (C, I), and the deviation of the rows x (N, I) about them; t (N,)."""
    means = np.stack([x[t == c].mean(0) for c in range(int(t.max()) + 1)])
    return means, float((x - means[t]).std())


def speaker_model(means: Array, scale: Any, hidden: int, Z: int, deviation: float, dropout: float) -> Model:
    """The model above, its networks of one hidden layer each, for rows of means (C, I) and deviation `scale`.

    As before there were predictors, rows x (N, I) and their conditions t (N,) may stand in the place of both.
    """
    if np.ndim(scale):
        means, scale = condition_means(means, np.asarray(scale))
    C, I = means.shape
    model = vae_model(I, (hidden,), Z, gaussian(deviation), C, dropout=dropout)
    return replace(model, encoder=centred(model.encoder, means, scale), decoder=raised(model.decoder, means, scale))


@dataclass(frozen=True, kw_only=True)
class SpeechPredictor(VAEPredictor):
    """Writes wav files, and says what it hears in one. The condition of an example is word * len(voices) + voice."""

    voices: tuple[str, ...]
    book: PCAFeatures
    reads = SUFFIXES  # files that come to `predict` as their bytes

    def speak(self, w: Array, words: Array, voices: Array, rng: Rng, temperature: float = 1.0) -> list[bytes]:
        """Wav files of words (N,) in voices (N,), each drawn: z ~ p(z), then x ~ p(x | z, c).

        What is drawn is drawn towards its mean by `temperature`: 0 gives the usual saying, 1 the model itself.
        """
        k = np.float32(temperature)
        z = k * self.model.prior.draw(rng, self.model.parts.split(w)[2], len(words))
        y = self.model.decode(w, z, words * len(self.voices) + voices)
        mean = self.model.likelihood.mean(y)
        x = mean + k * (self.model.likelihood.draw(rng, y) - mean)
        return [wav_bytes(wave, RATE) for wave in waves_of(*self.book.pictures(x), rng)]

    def recordings(self, w: Array, word: str, voice: str, count: int, temperature: float, rng: Rng) -> dict[str, bytes]:
        """Wav files by name, `count` of each word in each voice; an empty `word` or `voice` stands for all of them.

        Raises ValueError for one that is not known.
        """
        c = [(a, b) for a in chosen(word, WORDS, "word") for b in chosen(voice, self.voices, "voice")] * count
        words, voices = np.array(c).T
        return dict(zip(self.names(words, voices), self.speak(w, words, voices, rng, temperature), strict=True))

    def names(self, words: Array, voices: Array) -> list[str]:
        """seven_theo_0.wav, seven_theo_1.wav: a name for each of several words (N,) in voices (N,)."""
        seen, names = dict[tuple[int, int], int](), []
        for c in zip(words.tolist(), voices.tolist(), strict=True):
            seen[c] = seen.get(c, -1) + 1
            names.append(f"{WORDS[c[0]]}_{self.voices[c[1]]}_{seen[c]}.wav")
        return names

    def predict(self, w: Array, x: Any) -> Any:
        """The word, and in whose voice, in a `Sound` or in the bytes of a wav file; rows (N, I) as a `VAE` does."""
        sound = read_any(x) if isinstance(x, bytes) else x
        if not isinstance(sound, Sound):
            return super().predict(w, x)
        picture, seconds = picture_of(sound)
        c = self.likeliest(w, self.book.rows(picture[None], np.array([seconds])))
        word, voice = divmod(int(c[0]), len(self.voices))
        return f"{WORDS[word]}, most like the voice of {self.voices[voice]}"


FACTS = {"voices": [str], "scale": float, "middle": float, "spread": float, "unit": float, "arrays": str}


def speech_facts(said: SpokenWords, pictures: Array, log_seconds: Array, components: int) -> dict[str, Any]:
    """What a predictor has to know of recordings, seen as an `album`, out of their training part.

    The principal components, and the mean row of each word in each voice.
    """
    book = principal(pictures[said.train], log_seconds[said.train], components)
    x, t = book.rows(pictures, log_seconds)[said.train], said.condition[said.train]
    means, unit = condition_means(x, t)
    return {
        "voices": list(said.voices),
        "scale": book.scale,
        "middle": book.middle,
        "spread": book.spread,
        "unit": unit,  # networks begin with numbers about 1
        "arrays": packed({"mean": book.mean, "axes": book.axes, "means": means}),
    }


def speech_predictor(
    facts: Mapping[str, Any], components: int, hidden: int, Z: int, deviation: float, dropout: float
) -> SpeechPredictor:
    """Raises ValueError for facts that do not fit."""
    I, voices = MOMENTS * BANDS, tuple(facts["voices"])
    vector([facts["scale"], facts["spread"], facts["unit"]], above=0)
    shapes = {"mean": (I,), "axes": (I, components), "means": (len(WORDS) * len(voices), components + 1)}
    mean, axes, means = unpacked(facts["arrays"], shapes)
    book = PCAFeatures(mean, axes, facts["scale"], facts["middle"], facts["spread"])
    model = speaker_model(means, facts["unit"], hidden, Z, deviation, dropout)
    return SpeechPredictor(model, components + 1, voices=voices, book=book)


class Speaker(VAE):
    """A `VAE` whose examples are recordings."""

    predictor: SpeechPredictor

    def __init__(
        self,
        *args: Any,
        said: SpokenWords,
        facts: dict[str, Any] | None = None,
        book: PCAFeatures | None = None,
        **options: Any,
    ) -> None:
        """`book` makes a predictor for tasks that have none."""
        super().__init__(*args, **options)
        self.said, self.facts = said, facts or {}
        if book is not None:
            self.predictor = SpeechPredictor(self.model, self.predictor.features, voices=said.voices, book=book)

    def prediction(self) -> dict[str, Any]:
        return self.facts


def chosen(name: str, names: Sequence[str], what: str) -> list[int]:
    """The place of a name among `names`, or all places where it is empty. Raises ValueError naming them all."""
    if name and name not in names:
        raise ValueError(f"there is no {what} {name!r}; there are {', '.join(names)}")
    return [names.index(name)] if name else list(range(len(names)))
