"""A few resources of kinds that differ in how the provider answers for them."""

import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
ASSUMED = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}

provider = aws.Provider(
    "regional",
    region="us-east-1",
    s3_use_path_style=True,
    skip_metadata_api_check=True,
    skip_credentials_validation=True,
    default_tags=aws.ProviderDefaultTagsArgs(tags={"Project": "small"}),
)
opts = pulumi.ResourceOptions(provider=provider)

vpc = aws.ec2.Vpc("vpc", cidr_block=config.get("cidr") or "10.0.0.0/16", opts=opts)
group = aws.ec2.SecurityGroup(
    "group",
    vpc_id=vpc.id,
    ingress=[
        {"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": ["10.0.0.0/8"]} for port in (443, 80)
    ],
    tags={"Size": config.get("size") or "small"},
    opts=opts,
)
bucket = aws.s3.Bucket("bucket", opts=opts)
table = aws.dynamodb.Table(
    "table",
    name="orders",
    hash_key="pk",
    billing_mode="PAY_PER_REQUEST",
    attributes=[{"name": "pk", "type": "S"}],
    opts=pulumi.ResourceOptions(
        provider=provider,
        protect=bool(config.get_bool("protect")),
        retain_on_delete=bool(config.get_bool("retain")),
    ),
)
role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [ASSUMED]}), opts=opts)
if not config.get_bool("withoutFunction"):
    aws.lambda_.Function(
        "function",
        runtime="python3.12",
        handler="handler.main",
        role=role.arn,
        code=pulumi.AssetArchive({"handler.py": pulumi.StringAsset("def main(event, context): return 1")}),
        opts=opts,
    )
aws.ssm.Parameter(
    "parameter",
    name="/small/key",
    type="SecureString",
    value=config.get_secret("secret") or pulumi.Output.secret("hush-hush-value"),
    opts=opts,
)
if config.get_bool("broken"):
    aws.sqs.Queue("broken", name="a name that SQS refuses!", opts=opts)

pulumi.export("vpcId", vpc.id)
pulumi.export("groupArn", group.arn)
pulumi.export("bucketName", bucket.bucket)
