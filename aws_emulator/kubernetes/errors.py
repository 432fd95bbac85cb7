"""What a Kubernetes API answers when it refuses."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer of kind Status (https://kubernetes.io/docs/reference/using-api/api-concepts/): code and reason."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        return {
            "apiVersion": "v1",
            "kind": "Status",
            "status": "Failure",
            "message": str(self),
            "reason": self.reason,
            "code": self.code,
        }


def not_found(what: str) -> ApiError:
    """Something that a request names does not exist."""
    return ApiError(404, "NotFound", f"{what} not found")


def invalid(what: str, why: str) -> ApiError:
    """An object that breaks its schema or a rule of its kind."""
    return ApiError(422, "Invalid", f"{what} is invalid: {why}")
