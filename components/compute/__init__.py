"""The compute layer: functions, containers, Kubernetes."""
