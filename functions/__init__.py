"""Sources of the Lambda functions, and what the infrastructure needs to know of them.

At run time a function needs its own archive, the Powertools layer and the boto3 of the Lambda runtime, nothing else.
`functions.packaging`, `functions.api.document` and `functions.api.generate` run where the platform is deployed.
"""
