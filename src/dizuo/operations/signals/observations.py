"""Observations as arrays: the shape in which they are received, replayed and judged."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["NEVER", "Observations", "Quality"]

NEVER = np.iinfo(np.int64).min
"""The time of what has not been seen yet."""


class Quality(IntEnum):
    """How far an observation may be relied on, as the device or its calibration says."""

    GOOD = 0
    SUSPECT = 1
    BAD = 2


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """Many observations, one an entry of each array.

    Attributes
    ----------
    stream
        Number of the stream in the register, int32.
    phenomenon
        When it was so, in microseconds since 1970, int64; of a mean, when its time began.
    result
        When the result was there, the same; never taken for the former.
    value
        In the unit of the stream, float64; NaN where the device sent none.
    quality
        A :class:`Quality`, uint8.
    """

    stream: NDArray[np.int32]
    phenomenon: NDArray[np.int64]
    result: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]

    @classmethod
    def of(
        cls,
        stream: ArrayLike,
        phenomenon: ArrayLike,
        value: ArrayLike,
        *,
        result: ArrayLike | None = None,
        quality: ArrayLike | None = None,
    ) -> "Observations":
        """Return observations from anything that makes arrays of one length.

        Parameters
        ----------
        result
            Times of the results; the times of the phenomena where they are not told.
        quality
            :class:`Quality`; good where it is not told.

        Raises
        ------
        InputError
            If the lengths differ, or a quality is none of the three.
        """
        streams = np.atleast_1d(np.asarray(stream, np.int32))
        times = np.atleast_1d(np.asarray(phenomenon, np.int64))
        made = cls(
            streams,
            times,
            times if result is None else np.atleast_1d(np.asarray(result, np.int64)),
            np.atleast_1d(np.asarray(value, np.float64)),
            np.zeros(len(times), np.uint8)
            if quality is None
            else np.atleast_1d(np.asarray(quality, np.uint8)),
        )
        lengths = {len(getattr(made, one.name)) for one in fields(cls)}
        if len(lengths) > 1:
            raise InputError(
                Text(
                    f"the arrays of observations differ in length: {sorted(lengths)}",
                    f"观测数组长度不一：{sorted(lengths)}",
                )
            )
        if len(made) and int(made.quality.max()) > max(Quality):
            raise InputError(
                Text(
                    "the quality of an observation is none of 0 good, 1 suspect, 2 bad",
                    "观测质量不是 0 良好、1 可疑、2 无效之一",
                )
            )
        return made

    @classmethod
    def none(cls) -> "Observations":
        """Return no observations."""
        return cls.of([], [], [])

    @classmethod
    def joined(cls, parts: Sequence["Observations"]) -> "Observations":
        """Return several as one, in their order."""
        if not parts:
            return cls.none()
        return cls(
            np.concatenate([part.stream for part in parts]),
            np.concatenate([part.phenomenon for part in parts]),
            np.concatenate([part.result for part in parts]),
            np.concatenate([part.value for part in parts]),
            np.concatenate([part.quality for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.phenomenon)

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> "Observations":
        """Return some of them: by position, or by a mask."""
        return Observations(
            self.stream[chosen],
            self.phenomenon[chosen],
            self.result[chosen],
            self.value[chosen],
            self.quality[chosen],
        )

    def usable(self) -> NDArray[np.bool_]:
        """Return which of them say something: a number that is not bad."""
        usable: NDArray[np.bool_] = np.isfinite(self.value) & (self.quality < Quality.BAD)
        return usable

    def in_order(self) -> NDArray[np.intp]:
        """Return positions by stream, then by time; what came first stays first among equals."""
        return np.lexsort((self.phenomenon, self.stream))
