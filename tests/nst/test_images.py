"""Reading and writing pictures, over the whole corpus."""

from __future__ import annotations

import re

import numpy as np
import pytest

from nst.errors import ImageError
from nst.images import load_image
from tests.corpus.bad import Bad, bad, damaged
from tests.corpus.good import Good, good
from tests.corpus.pictures import corners


@pytest.mark.parametrize("sample", good(), ids=lambda sample: sample.name)
def test_good_files_look_right(sample: Good) -> None:
    loaded = load_image(sample.data)
    assert loaded.image.mode == "RGB"
    assert loaded.image.size == sample.size
    if sample.colours is not None:
        np.testing.assert_allclose(corners(loaded.image), sample.colours, atol=sample.tolerance)
    if sample.alpha is None:
        assert loaded.alpha is None
    else:
        assert loaded.alpha is not None
        assert loaded.alpha.mode == "L"
        assert tuple(corners(loaded.alpha)[:, 0]) == sample.alpha


@pytest.mark.parametrize("sample", bad(), ids=lambda sample: sample.name)
def test_bad_files_are_refused_in_words(sample: Bad) -> None:
    with pytest.raises(ImageError, match=sample.words):
        load_image(sample.data)


@pytest.mark.parametrize("sample", damaged(), ids=lambda sample: sample.name)
def test_damaged_files_load_or_are_refused_in_words(sample: Bad) -> None:
    try:
        assert load_image(sample.data).image.mode == "RGB"
    except ImageError as error:
        assert re.search(sample.words, str(error))
