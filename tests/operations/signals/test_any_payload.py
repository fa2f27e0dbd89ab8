"""Whatever is published is read, or refused: what is neither would come again for ever."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signal_town import START

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.signals.payloads import read_payload

GOOD = f'{{"stream":"a","time":[{START}],"value":[1.5]}}'.encode()
BAD = {
    "a time beyond whole numbers": b'{"stream":"a","time":[99999999999999999999],"value":[1]}',
    "a time that no calendar shows": b'{"stream":"a","time":[9223372036854775807],"value":[1]}',
    "a year nobody can show": b'{"stream":"a","time":["9999-12-31T23:59:59Z"],"value":[1]}',
    "a time before there were sensors": b"stream,time,value\na,1970-01-01T00:00:00Z,1\n",
    "a quality beyond all": b'{"stream":"a","time":["2026-03-01T09:00:00Z"],"value":[1],'
                            b'"quality":[99999999999999999999]}',
    "both kinds of times": b'[{"stream":"a","time":99999999999999999999,"value":1},'
                           b'{"stream":"a","time":"2026-03-01T09:00:00Z","value":1}]',
    "a digit that is no number": "stream,time,value\na,²,1\n".encode(),
    "a column twice": b"stream,time,time,value\na,1,2,3\n",
    "no text": b"stream,\xc5ime,value\na,1,2\n",
    "much too deep": b"[" * 100_000,
}  # fmt: skip


class OneStream:
    """A register of one stream."""

    @staticmethod
    def number(name):
        if name != "a":
            raise InputError(Text(f"no stream {name!r}", f"没有 {name!r}"), field="stream")
        return 0


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_what_cannot_be_is_refused(content):
    with pytest.raises(InputError):
        read_payload(content, OneStream())


def test_a_value_that_is_none_is_none():
    for empty in (b"", b"nan", b"NaN"):
        content = b"stream,time,value\na,2026-03-01T09:00:00Z," + empty + b"\n"
        assert np.isnan(read_payload(content, OneStream()).value).all()


@settings(max_examples=300)
@given(
    begin=st.sampled_from([GOOD, *(one for one in BAD.values() if len(one) < 500)]),
    changes=st.lists(
        st.tuples(st.floats(0, 1), st.binary(max_size=3), st.integers(0, 3)), max_size=6
    ),
)  # fmt: skip
def test_any_bytes_are_read_or_refused(begin, changes):
    content = begin
    for where, put_in, taken_out in changes:
        at = int(where * len(content))
        content = content[:at] + put_in + content[at + taken_out :]
    try:
        read = read_payload(content, OneStream())
    except InputError:
        return
    assert len(read.value) == len(read.phenomenon)
