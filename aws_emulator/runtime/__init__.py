"""Lambda functions that are invoked run for real: their own archive, handler and variables, in processes of their own.

- Invoke, synchronous and as an event. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
- An execution environment is started for the first event, kept for the next ones, and handles one at a time.
  https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html

Only Python runtimes, with this project's own interpreter; the SDK and the layers come from its packages. There is one
environment for each version of a function: further events wait their turn, and none is throttled. Memory, roles and
networks limit nothing. A function stands in its region, so it is cut off with it (`aws_emulator.outage`).
"""
