"""Executes invoked Lambda functions with their own archive, handler and variables, in processes of their own.

- Invoke, synchronous and as an event. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
- An execution environment starts at the first event, serves later events, and handles one event at a time.
  https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html

Supports only Python runtimes, with this project's interpreter. The SDK and the layers come from its packages. Each
version of a function has one environment: further events wait, and none is throttled. Memory, roles and networks limit
nothing. A function is inside its region, so an outage affects its requests (`aws_emulator.outage`).
"""
