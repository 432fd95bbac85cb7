"""What the redrive raises."""

from __future__ import annotations


class NotPublishedError(Exception):
    """The request was not carried out, or not whole: repeat it. A copy too many does no harm."""
