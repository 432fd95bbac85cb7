"""Two resources, a secret, and a later version in which one of them has moved below a component."""

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
provider = aws.Provider("regional", region="us-west-2", skip_metadata_api_check=True, skip_credentials_validation=True)
opts = pulumi.ResourceOptions(provider=provider)


class Messages(pulumi.ComponentResource):
    """What later versions keep their topics in."""

    def __init__(self, name: str) -> None:
        super().__init__("small:Messages", name)
        was = pulumi.Alias(name="topic", parent=pulumi.ROOT_STACK_RESOURCE)
        self.topic = aws.sns.Topic(
            "notices",
            name="notices",
            display_name=config.require("name"),
            opts=pulumi.ResourceOptions(parent=self, provider=provider, aliases=[was]),
        )


if config.get_bool("moved"):
    Messages("messages")
else:
    aws.sns.Topic("topic", name="notices", display_name=config.require("name"), opts=opts)
aws.ssm.Parameter(
    "parameter", name="/small/key", type="SecureString", value=pulumi.Output.secret("hush-hush-value"), opts=opts
)
pulumi.export("secret", pulumi.Output.secret("hush-hush-value"))
