"""Checks of the settings of containers and load balancers against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.settings.consistency.problem import Check, Problems

if TYPE_CHECKING:
    from components.settings.root import Settings

_GIB = 1024
# Amazon ECS Developer Guide, "Task CPU and memory" of Fargate on Linux: MiB for each count of CPU units.
FARGATE_MEMORY: dict[int, tuple[int, ...]] = {
    256: (512, _GIB, 2 * _GIB),
    512: tuple(range(_GIB, 4 * _GIB + 1, _GIB)),
    1024: tuple(range(2 * _GIB, 8 * _GIB + 1, _GIB)),
    2048: tuple(range(4 * _GIB, 16 * _GIB + 1, _GIB)),
    4096: tuple(range(8 * _GIB, 30 * _GIB + 1, _GIB)),
    8192: tuple(range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB)),
    16384: tuple(range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB)),
}


def fargate_has_tasks_of_this_size(settings: Settings) -> Problems:
    """CPU and memory come in pairs."""
    cpu, memory = settings.compute.service_cpu, settings.compute.service_memory
    if cpu not in FARGATE_MEMORY:
        yield ("serviceCpu", cpu, f"is not a size that Fargate has; choose one of {_listed(FARGATE_MEMORY)}")
    elif memory not in FARGATE_MEMORY[cpu]:
        yield (
            "serviceMemory",
            memory,
            f"does not go with serviceCpu = {cpu}; choose one of {_listed(FARGATE_MEMORY[cpu])}",
        )


def services_are_within_their_bounds(settings: Settings) -> Problems:
    """Fewest and most."""
    least, most = settings.sizes.service_tasks_min, settings.sizes.service_tasks_max
    if least > most:
        yield ("serviceTasksMin", least, f"is more than serviceTasksMax = {most}; lower it or raise the other")


def the_certificate_is_of_this_region(settings: Settings) -> Problems:
    """A load balancer takes certificates of its own region only."""
    arn = settings.compute.certificate_arn
    if arn and arn.split(":")[3] != settings.region.name:
        yield (
            "certificateArn",
            arn,
            f"is of another region than {settings.region.name}; import the certificate here, or leave it empty",
        )


def _listed(values: Any) -> str:
    return ", ".join(map(str, values))


CHECKS: tuple[Check, ...] = (
    fargate_has_tasks_of_this_size,
    services_are_within_their_bounds,
    the_certificate_is_of_this_region,
)
