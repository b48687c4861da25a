"""What a response is about."""

from __future__ import annotations

import pytest

from ailoop.model.fitting import decided
from ailoop.model.message import Authorization, Response, ResponseType

APPROVED = ResponseType.AUTHORIZATION_APPROVED
ASKED = Authorization(action="mail", context={"to": "all"}, editable=True)


def test_an_edit():
    """The edited context is what was approved."""
    about = decided(ASKED, Response(answer='{"to":"ann"}', response_type=APPROVED))
    assert about == Authorization(action="mail", context={"to": "ann"}, editable=True)


@pytest.mark.parametrize("answer", [None, "encrypted", "[1]"])
def test_no_edit(answer):
    """Neither is what stands for an encrypted answer one, nor no answer."""
    assert decided(ASKED, Response(answer=answer, response_type=APPROVED)) is ASKED
    assert decided(ASKED, Response(response_type=ResponseType.AUTHORIZATION_DENIED)) is ASKED
