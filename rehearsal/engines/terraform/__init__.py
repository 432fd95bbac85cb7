"""Applies a lowered blueprint with terraform and the genuine AWS provider."""

from rehearsal.engines.terraform.engine import TerraformEngine

__all__ = ["TerraformEngine"]
