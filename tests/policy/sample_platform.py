"""A made-up platform in two regions that has one of everything that a rule speaks of, and breaks none of them."""

from __future__ import annotations

import json
from typing import Any

from policy import tokens as t

PRIMARY, RECOVERY = "us-east-1", "us-west-2"
ACCOUNT = "111122223333"
Json = dict[str, Any]


def own(name: str) -> str:
    """The name of a made-up resource, which no resource of the recorded platform has."""
    return f"made-{name}"


def reference(type_: str, name: str, path: str = "arn") -> str:
    """A computed value as a blueprint writes it."""
    return f"${{{type_}::{name}#{path}}}"


def ref(type_: str, name: str, path: str = "arn") -> str:
    """A computed value of a made-up resource."""
    return reference(type_, own(name), path)


def exported(path: str) -> str:
    """An output of the primary stack."""
    return f"${{pulumi:pulumi:StackReference::organization/made-up/primary#outputs.{path}}}"


def urn(stack: str, type_: str, name: str) -> str:
    """The URN of a resource at the top."""
    return f"urn:pulumi:{stack}::made-up::{type_}::{name}"


def policy(*statements: Json) -> str:
    """A policy document as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
OWN_ACCOUNT = {"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "*"}


class Made:
    """Collects the resources of one stack."""

    def __init__(self, stack: str, region: str) -> None:
        self.stack = stack
        self.region = region
        self.resources: list[Json] = []
        self.add(t.AWS_PROVIDER, "regional", provider=None, region=region)

    def add(
        self,
        type_: str,
        name: str,
        /,
        *,
        provider: str | None = "regional",
        options: Json | None = None,
        **properties: Any,
    ) -> None:
        self.resources.append(
            {
                "urn": urn(self.stack, type_, own(name)),
                "type": type_,
                "name": own(name),
                "custom": True,
                "parent": None,
                "provider": urn(self.stack, t.AWS_PROVIDER, own(provider)) if provider else None,
                "properties": properties,
                "dependencies": [],
                "options": options or {},
            }
        )

    def stateful(self, type_: str, name: str, /, **properties: Any) -> None:
        """A protected resource."""
        self.add(type_, name, options={"protect": True}, **properties)

    def blueprint(self, **outputs: Any) -> Json:
        """The JSON form."""
        return {"stack": self.stack, "resources": self.resources, "outputs": outputs}


def platform() -> tuple[Json, Json]:
    """The blueprints of the made-up primary and of its recovery stack, standing by."""
    primary, recovery = Made("primary", PRIMARY), Made("dr", RECOVERY)
    recovery.add(t.AWS_PROVIDER, "primary-side", provider=None, region=PRIMARY)
    for made, key_type in ((primary, t.KEY), (recovery, t.REPLICA_KEY)):
        _network(made)
        _hosts(made, ref(key_type, "key"))
        _containers(made, ref(key_type, "key"))
        _messages(made, ref(key_type, "key"))
        _functions(made)
        _api(made)
        _balancers(made)
        _delivery(made, ref(key_type, "key"))
        _audit(made, ref(key_type, "key"))
        _buckets(made, ref(key_type, "key"))
    _keys(primary, recovery)
    _data(primary, recovery)
    _names(primary)
    return (
        primary.blueprint(
            active=True,
            keyArns={"made": ref(t.KEY, "key")},
            madeDatabaseArn=ref(t.RDS_INSTANCE, "database"),
            tableArns={"made": ref(t.TABLE, "orders")},
            madeFileSystemId=ref(t.EFS_FILE_SYSTEM, "files", "id"),
            recordsBuckets={"made": ref(t.BUCKET, "trades", "id")},
        ),
        recovery.blueprint(active=False),
    )


def _network(made: Made) -> None:
    second = "10.0.0.0/16" if made.region == PRIMARY else "10.1.0.0/16"
    made.add(t.VPC, "vpc", cidrBlock=second)
    vpc = ref(t.VPC, "vpc", "id")
    for zone in "ab":
        made.add(t.SUBNET, f"app-{zone}", vpcId=vpc, availabilityZone=f"{made.region}{zone}", mapPublicIpOnLaunch=False)
    made.add(t.FLOW_LOG, "flows", vpcId=vpc, trafficType="ALL")
    made.add(t.DEFAULT_SECURITY_GROUP, "default", vpcId=vpc, ingress=[], egress=[])
    made.add(t.SECURITY_GROUP, "engines", vpcId=vpc, description="Engines")
    group = ref(t.SECURITY_GROUP, "engines", "id")
    rule = {"securityGroupId": group, "cidrIpv4": "0.0.0.0/0", "fromPort": 443.0, "toPort": 443.0, "ipProtocol": "tcp"}
    made.add(t.INGRESS_RULE, "clients", description="Clients", **rule)
    made.add(t.EGRESS_RULE, "updates", description="Updates", **rule)
    for service in ("s3", "dynamodb", "kinesis-streams", "sqs", "sns", "kms", "secretsmanager", "logs"):
        made.add(t.VPC_ENDPOINT, service, vpcId=vpc, serviceName=f"com.amazonaws.{made.region}.{service}")
    made.add(t.TRANSIT_GATEWAY, "hub", autoAcceptSharedAttachments="disable")
    hub = ref(t.TRANSIT_GATEWAY, "hub", "id")
    made.add(t.ROUTE, "premises", destinationCidrBlock="192.168.0.0/16", transitGatewayId=hub, routeTableId="rtb-1")
    made.add(t.NETWORK_INTERFACE, "engine", sourceDestCheck=True)
    made.add(
        t.NETWORK_ACL_RULE,
        "app-in",
        networkAclId="acl-1",
        cidrBlock="10.0.0.0/8",
        protocol="tcp",
        fromPort=22.0,
        toPort=22.0,
        ruleAction="allow",
        ruleNumber=100.0,
        egress=False,
    )


def _hosts(made: Made, key: str) -> None:
    running = made.region == PRIMARY
    name = f"{made.stack}-engine-fleet"
    made.add(t.PLACEMENT_GROUP, "engines", name=f"{made.stack}-engines", strategy="cluster")
    made.add(
        t.LAUNCH_TEMPLATE,
        "engine",
        name=name,
        instanceType="c6in.8xlarge",
        ebsOptimized="true",
        monitoring={"enabled": True},
        metadataOptions={"httpTokens": "required", "httpPutResponseHopLimit": 1.0},
        placement={"groupName": f"{made.stack}-engines", "tenancy": "dedicated"},
        networkInterfaces=[
            {
                "associatePublicIpAddress": "false",
                "enaSrdSpecification": {"enaSrdEnabled": False},
                "subnetId": ref(t.SUBNET, "app-a", "id"),
            }
        ],
        blockDeviceMappings=[{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true", "kmsKeyId": key}}],
    )
    made.add(
        t.AUTOSCALING_GROUP,
        "engines",
        minSize=2.0 if running else 0.0,
        launchTemplate={"id": ref(t.LAUNCH_TEMPLATE, "engine", "id"), "version": "$Latest"},
        vpcZoneIdentifiers=[ref(t.SUBNET, "app-a", "id")],
    )
    if running:
        made.add(
            t.CAPACITY_RESERVATION,
            "engines",
            instanceType="c6in.8xlarge",
            instanceCount=4.0,
            availabilityZone=f"{made.region}a",
            tenancy="dedicated",
            placementGroupArn=ref(t.PLACEMENT_GROUP, "engines"),
            endDateType="unlimited",
            instanceMatchCriteria="targeted",
        )


def _containers(made: Made, key: str) -> None:
    made.add(
        t.EKS_CLUSTER,
        "cluster",
        version="1.35",
        enabledClusterLogTypes=["api", "audit", "authenticator", "controllerManager", "scheduler"],
        encryptionConfig={"provider": {"keyArn": key}, "resources": ["secrets"]},
        vpcConfig={"endpointPrivateAccess": True, "endpointPublicAccess": False},
    )
    made.add(
        t.TASK_DEFINITION,
        "order-intake",
        containerDefinitions=json.dumps(
            [
                {
                    "name": "intake",
                    "readonlyRootFilesystem": True,
                    "user": "10001:10001",
                    "image": "made-up/engine:1.0.0",
                    "environment": [
                        {"name": "DATABASE_SECRET", "value": "arn:aws:secretsmanager:us-east-1:1:secret:x"}
                    ],
                    "logConfiguration": {"logDriver": "awslogs"},
                }
            ]
        ),
    )
    made.add(
        t.ECS_SERVICE,
        "order-intake",
        name=f"{made.stack}-order-intake",
        desiredCount=1.0,
        networkConfiguration={"assignPublicIp": False},
    )
    _cluster_access(made)
    made.add(
        "kubernetes:apps/v1:Deployment",
        "order-intake-gateway",
        provider=None,
        metadata={"name": "order-intake-gateway"},
        spec={"replicas": 1.0},
    )
    made.stateful(
        t.ECR_REPOSITORY,
        "engine",
        name="made-up/engine",
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
    )
    if made.region == RECOVERY:
        made.add(
            t.ECR_REPLICATION,
            "images",
            provider="primary-side",
            replicationConfiguration={
                "rules": [{"destinations": [{"region": RECOVERY}], "repositoryFilters": [{"filter": "made-up/"}]}]
            },
        )


def _cluster_access(made: Made) -> None:
    """A group of the platform's own is let in, and a role is bound to it."""
    made.add("aws:eks/accessEntry:AccessEntry", "operators", principalArn="arn:x", kubernetesGroups=["operators"])
    made.add(
        "kubernetes:core/v1:ConfigMap",
        "aws-auth",
        provider=None,
        metadata={"name": "aws-auth"},
        data={"mapRoles": json.dumps([{"rolearn": "arn:x", "groups": ["system:nodes"]}])},
    )
    made.add(
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
        "operators",
        provider=None,
        roleRef={"kind": "ClusterRole", "name": "view"},
        subjects=[{"kind": "Group", "name": "operators"}],
    )


def _messages(made: Made, key: str) -> None:
    stream = {"encryptionType": "KMS", "kmsKeyId": key, "retentionPeriod": 168.0, "shardCount": 13.0}
    made.stateful(t.STREAM, "orders", name=f"{made.stack}-orders", **stream)
    for reader in ("risk", "surveillance"):
        made.add(t.EVENT_SOURCE_MAPPING, reader, eventSourceArn=ref(t.STREAM, "orders"))
    destination = {"kmsKeyArn": key, "errorOutputPrefix": "errors/"}
    made.add(
        t.FIREHOSE,
        "events",
        serverSideEncryption={"enabled": True, "keyType": "CUSTOMER_MANAGED_CMK", "keyArn": key},
        extendedS3Configuration=destination,
    )
    queue = {"kmsMasterKeyId": key, "messageRetentionSeconds": 1209600.0, "delaySeconds": 0.0}
    made.stateful(t.QUEUE, "dead", name=f"{made.stack}-dead.fifo", **queue)
    made.stateful(
        t.QUEUE,
        "account-events",
        name=f"{made.stack}-account-events.fifo",
        fifoThroughputLimit="perMessageGroupId",
        deduplicationScope="messageGroup",
        redrivePolicy=json.dumps({"deadLetterTargetArn": ref(t.QUEUE, "dead"), "maxReceiveCount": 5}),
        **queue,
    )
    made.add(
        t.QUEUE_POLICY,
        "account-events",
        queueUrl=ref(t.QUEUE, "account-events", "url"),
        policy=policy(TLS_ONLY, OWN_ACCOUNT),
    )
    made.add(t.TOPIC, "operations", name=f"{made.stack}-operations", kmsMasterKeyId=key)
    made.add(
        t.TOPIC_SUBSCRIPTION, "operations", topic=ref(t.TOPIC, "operations"), protocol="email", endpoint="a@b.example"
    )
    made.stateful(t.EVENT_ARCHIVE, "events", name=f"{made.stack}-events", retentionDays=365.0)
    made.add(t.TOPIC_POLICY, "operations", arn=ref(t.TOPIC, "operations"), policy=policy(TLS_ONLY, OWN_ACCOUNT))


def _functions(made: Made) -> None:
    made.add(
        t.FUNCTION,
        "order-intake",
        name=f"{made.stack}-order-intake",
        runtime="python3.13",
        tracingConfig={"mode": "Active"},
        reservedConcurrentExecutions=100.0,
        environment={"variables": {"ORDERS_TABLE": "orders"}},
        vpcConfig={"subnetIds": [ref(t.SUBNET, "app-a", "id")]},
        deadLetterConfig={"targetArn": ref(t.QUEUE, "dead")},
    )
    made.add(
        t.FUNCTION_PERMISSION,
        "events",
        function=ref(t.FUNCTION, "order-intake", "name"),
        principal="events.amazonaws.com",
        sourceAccount=ACCOUNT,
    )
    made.add(t.FUNCTION_URL, "order-intake", functionName=f"{made.stack}-order-intake", authorizationType="AWS_IAM")


def _api(made: Made) -> None:
    api = ref(t.REST_API, "api", "id")
    made.add(t.API_DOMAIN, "api", domainName=f"{made.stack}.trading.example", securityPolicy="TLS_1_2")
    operation = {"security": [{"authorizer": []}]}
    made.add(
        t.REST_API,
        "api",
        body=json.dumps(
            {
                "paths": {"/health": {"get": {}}, "/orders": {"put": operation}},
                "components": {"securitySchemes": {"authorizer": {"x-amazon-apigateway-authtype": "awsSigv4"}}},
            }
        ),
    )
    made.add(
        t.WEB_ACL,
        "firewall",
        defaultAction={"allow": {}},
        rules=[{"name": "rate", "priority": 0.0, "action": {"block": {}}, "statement": {}}],
    )
    made.add(t.API_METHOD, "orders", restApi=api, httpMethod="PUT", authorization="AWS_IAM")
    made.add(
        t.API_STAGE,
        "api",
        restApi=api,
        stageName="v1",
        accessLogSettings={"destinationArn": "arn:aws:logs:us-east-1:1:log-group:x"},
        xrayTracingEnabled=True,
    )
    made.add(t.API_METHOD_SETTINGS, "api", restApi=api, stageName="v1", settings={"loggingLevel": "ERROR"})
    made.add(t.WEB_ACL_ASSOCIATION, "api", resourceArn=ref(t.API_STAGE, "api"), webAclArn="arn:aws:wafv2:x")


def _balancers(made: Made) -> None:
    made.stateful(
        t.LOAD_BALANCER,
        "balancer",
        subnets=[ref(t.SUBNET, "app-a", "id"), ref(t.SUBNET, "app-b", "id")],
        accessLogs={"enabled": True, "bucket": "logs"},
        enableDeletionProtection=True,
        dropInvalidHeaderFields=True,
    )
    made.add(
        t.LISTENER,
        "https",
        loadBalancerArn=ref(t.LOAD_BALANCER, "balancer"),
        port=443.0,
        protocol="HTTPS",
        sslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
    )
    made.add(
        t.LISTENER,
        "http",
        loadBalancerArn=ref(t.LOAD_BALANCER, "balancer"),
        port=80.0,
        protocol="HTTP",
        defaultActions=[{"type": "redirect", "redirect": {"protocol": "HTTPS"}}],
    )


def _delivery(made: Made, key: str) -> None:
    made.add(
        t.PIPELINE,
        "delivery",
        artifactStores=[{"location": "artifacts", "encryptionKey": {"id": key, "type": "KMS"}}],
        stages=[
            {"name": "source", "actions": [{"category": "Source"}]},
            {"name": "approve", "actions": [{"category": "Approval"}]},
            {"name": "deploy", "actions": [{"category": "Deploy"}]},
        ],
    )
    made.add(
        t.BUILD_PROJECT,
        "build",
        encryptionKey=key,
        environment={
            "environmentVariables": [
                {"name": "REGION", "value": made.region},
                {"name": "REGISTRY_PASSWORD", "value": "registry", "type": "SECRETS_MANAGER"},
            ]
        },
    )


def _audit(made: Made, key: str) -> None:
    fields = (
        {"field": "eventCategory", "equals": ["Data"]},
        {"field": "resources.type", "equals": ["AWS::S3::Object"]},
    )
    made.stateful(
        t.TRAIL,
        "trail",
        isMultiRegionTrail=True,
        enableLogFileValidation=True,
        kmsKeyId=key,
        s3BucketName=ref(t.BUCKET, "access", "id"),
        cloudWatchLogsGroupArn=ref(t.LOG_GROUP, "trail"),
        advancedEventSelectors=[
            {"fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]},
            {"fieldSelectors": [*fields]},
        ],
    )
    made.add(t.LOG_GROUP, "trail", name=f"{made.stack}-trail", kmsKeyId=key, retentionInDays=365.0)
    everything = {"allSupported": True, "includeGlobalResourceTypes": True}
    made.add(t.CONFIG_RECORDER, "recorder", recordingGroup=everything)
    made.add(t.GUARD_DETECTOR, "detector", enable=True)
    made.add(t.SECURITY_HUB, "hub", enableDefaultStandards=True)
    kinds = ("requireLowercaseCharacters", "requireUppercaseCharacters", "requireNumbers", "requireSymbols")
    length = {"minimumPasswordLength": 14.0, "passwordReusePrevention": 24.0}
    made.add(t.PASSWORD_POLICY, "passwords", **length, **dict.fromkeys(kinds, True))
    four = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    made.add(t.ACCOUNT_PUBLIC_ACCESS, "account", **dict.fromkeys(four, True))
    made.add(t.EBS_ENCRYPTION_DEFAULT, "volumes", enabled=True)
    _alarms(made)
    made.add(t.CONFIG_RECORDER_STATUS, "recorder", isEnabled=True, name="recorder")
    made.stateful(t.BACKUP_VAULT, "backups", name=f"{made.stack}-backups", kmsKeyArn=key)
    made.stateful(
        t.BACKUP_VAULT_LOCK,
        "backups",
        backupVaultName=ref(t.BACKUP_VAULT, "backups", "name"),
        changeableForDays=7.0,
        minRetentionDays=7.0,
    )
    made.add(t.BACKUP_PLAN, "local", rules=[{"ruleName": "local", "targetVaultName": f"{made.stack}-backups"}])
    made.add(t.BACKUP_SELECTION, "local", planId=ref(t.BACKUP_PLAN, "local", "id"), resources=["*"])
    if made.region == RECOVERY:
        copy = {"destinationVaultArn": ref(t.BACKUP_VAULT, "backups")}
        made.add(
            t.BACKUP_PLAN,
            "copied",
            provider="primary-side",
            rules=[{"ruleName": "daily", "targetVaultName": "primary-backups", "copyActions": [copy]}],
        )
        made.add(
            t.BACKUP_SELECTION,
            "copied",
            provider="primary-side",
            planId=ref(t.BACKUP_PLAN, "copied", "id"),
            resources=["*"],
        )
    people = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    made.add(
        t.ROLE,
        "operator",
        name=f"{made.stack}-operator",
        assumeRolePolicy=policy({"Effect": "Allow", "Principal": people, "Action": "sts:AssumeRole"}),
        permissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    )
    grant = {"Effect": "Allow", "Action": "cloudwatch:GetMetricData", "Resource": "*"}
    made.add(t.ROLE_POLICY, "operator", role=f"{made.stack}-operator", policy=policy(grant))
    made.add(t.IAM_POLICY, "boundary", name=f"{made.stack}-boundary", policy=policy(grant))
    audit = "arn:aws:iam::aws:policy/SecurityAudit"
    made.add(t.ROLE_ATTACHMENT, "operator", role=f"{made.stack}-operator", policyArn=audit)
    made.add("aws:iam/accessKey:AccessKey", "old", user="old", status="Inactive")
    grantee = f"arn:aws:iam::{ACCOUNT}:role/backups"
    made.add("aws:kms/grant:Grant", "backups", keyId=key, granteePrincipal=grantee, operations=["Decrypt"])
    made.add("aws:secretsmanager/secretPolicy:SecretPolicy", "database", secretArn="x", policy=policy(OWN_ACCOUNT))


def _alarms(made: Made) -> None:
    topic = ref(t.TOPIC, "operations")
    made.add(
        t.METRIC_ALARM,
        "dead",
        name=f"{made.stack}-dead",
        alarmActions=[topic],
        metricName="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": ref(t.QUEUE, "dead", "name")},
        comparisonOperator="GreaterThanOrEqualToThreshold",
        threshold=1.0,
        treatMissingData="notBreaching",
    )
    made.add(
        t.METRIC_ALARM,
        "tasks",
        name=f"{made.stack}-tasks",
        alarmActions=[topic],
        metricName="RunningTaskCount",
        comparisonOperator="LessThanThreshold",
        threshold=1.0,
        treatMissingData="breaching",
    )


def _buckets(made: Made, key: str) -> None:
    for name in ("trades", "access"):
        of_what = "access-logs" if name == "access" else name
        made.stateful(t.BUCKET, name, bucket=f"{made.stack}-{of_what}-{ACCOUNT}")
        bucket = ref(t.BUCKET, name, "id")
        four = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        made.add(t.BUCKET_PUBLIC_ACCESS, name, bucket=bucket, **dict.fromkeys(four, True))
        made.add(t.BUCKET_OWNERSHIP, name, bucket=bucket, rule={"objectOwnership": "BucketOwnerEnforced"})
        made.add(t.BUCKET_POLICY, name, bucket=bucket, policy=policy(TLS_ONLY))
        made.add(t.BUCKET_VERSIONING, name, bucket=bucket, versioningConfiguration={"status": "Enabled"})
        by_key = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}
        default = by_key if name == "trades" else {"sseAlgorithm": "AES256"}
        made.add(t.BUCKET_ENCRYPTION, name, bucket=bucket, rules=[{"applyServerSideEncryptionByDefault": default}])
    trades = ref(t.BUCKET, "trades", "id")
    made.add(t.BUCKET_LOGGING, "trades", bucket=trades, targetBucket=ref(t.BUCKET, "access", "id"))
    made.add(
        t.BUCKET_OBJECT_LOCK,
        "trades",
        bucket=trades,
        rule={"defaultRetention": {"mode": "COMPLIANCE", "days": 2192.0}},
    )
    old = {"id": "old", "status": "Enabled", "noncurrentVersionExpiration": {"noncurrentDays": 2193.0}}
    made.add(t.BUCKET_LIFECYCLE, "trades", bucket=trades, rules=[old])
    if made.region == RECOVERY:
        timed = {"status": "Enabled"}
        destination = {
            "bucket": ref(t.BUCKET, "trades"),
            "encryptionConfiguration": {"replicaKmsKeyId": key},
            "replicationTime": timed,
            "metrics": timed,
        }
        made.add(
            t.BUCKET_REPLICATION,
            "trades",
            provider="primary-side",
            bucket=exported("recordsBuckets.made"),
            rules=[
                {
                    "id": "trades",
                    "status": "Enabled",
                    "destination": destination,
                    "sourceSelectionCriteria": {"sseKmsEncryptedObjects": timed},
                }
            ],
        )


def _keys(primary: Made, recovery: Made) -> None:
    key = {"deletionWindowInDays": 30.0, "policy": policy(OWN_ACCOUNT)}
    primary.stateful(t.KEY, "key", enableKeyRotation=True, multiRegion=True, **key)
    recovery.stateful(t.REPLICA_KEY, "key", primaryKeyArn=exported("keyArns.made"), **key)
    primary.stateful(t.SECRET, "database", kmsKeyId=ref(t.KEY, "key"), replicas=[{"region": RECOVERY}])
    primary.add(
        t.SECRET_ROTATION,
        "database",
        secretId=ref(t.SECRET, "database", "id"),
        rotationRules={"automaticallyAfterDays": 30.0},
    )


def _data(primary: Made, recovery: Made) -> None:
    instance = {
        "instanceClass": "db.r6g.large",
        "storageEncrypted": True,
        "publiclyAccessible": False,
        "deletionProtection": True,
        "maintenanceWindow": "sun:06:30-sun:07:30",
        "multiAz": True,
        "backupRetentionPeriod": 35.0,
        "iamDatabaseAuthenticationEnabled": True,
        "enabledCloudwatchLogsExports": ["postgresql"],
    }
    for made, key in ((primary, ref(t.KEY, "key")), (recovery, ref(t.REPLICA_KEY, "key"))):
        source = {} if made is primary else {"replicateSourceDb": exported("madeDatabaseArn")}
        made.add(
            t.RDS_PARAMETERS, "database", name=f"{made.stack}-pg", parameters=[{"name": "rds.force_ssl", "value": "1"}]
        )
        made.stateful(
            t.RDS_INSTANCE, "database", kmsKeyId=key, parameterGroupName=f"{made.stack}-pg", **instance, **source
        )
        made.add(
            t.RDS_CLUSTER_PARAMETERS, "cluster", name="cluster-pg", parameters=[{"name": "rds.force_ssl", "value": "1"}]
        )
        made.stateful(t.EFS_FILE_SYSTEM, "files", encrypted=True, kmsKeyId=key)
        files = ref(t.EFS_FILE_SYSTEM, "files", "id")
        made.add("aws:efs/backupPolicy:BackupPolicy", "files", fileSystemId=files, backupPolicy={"status": "ENABLED"})
    recovery.add(
        t.EFS_REPLICATION,
        "files",
        provider="primary-side",
        sourceFileSystemId=exported("madeFileSystemId"),
        destination={"fileSystemId": ref(t.EFS_FILE_SYSTEM, "files", "id")},
    )
    primary.stateful(
        t.TABLE,
        "orders",
        name="orders",
        serverSideEncryption={"enabled": True, "kmsKeyArn": ref(t.KEY, "key")},
        pointInTimeRecovery={"enabled": True},
        deletionProtectionEnabled=True,
    )
    recovery.add(
        t.TABLE_REPLICA,
        "orders",
        options={"retainOnDelete": True},
        globalTableArn=exported("tableArns.made"),
        kmsKeyArn=ref(t.REPLICA_KEY, "key"),
        pointInTimeRecovery=True,
        deletionProtectionEnabled=True,
    )
    recovery.stateful(
        t.TABLE,
        "control",
        name="control",
        serverSideEncryption={"enabled": True, "kmsKeyArn": ref(t.REPLICA_KEY, "key")},
        pointInTimeRecovery={"enabled": True},
        deletionProtectionEnabled=True,
        globalTableWitness={"regionName": "us-east-2"},
        replicas=[
            {
                "regionName": PRIMARY,
                "consistencyMode": "STRONG",
                "kmsKeyArn": exported("keyArns.made"),
                "pointInTimeRecovery": True,
                "deletionProtectionEnabled": True,
            }
        ],
    )
    primary.add(t.CACHE_GROUP, "quotes", atRestEncryptionEnabled=True)


def _names(made: Made) -> None:
    probe = {"type": "HTTPS", "requestInterval": 10.0, "failureThreshold": 1.0, "resourcePath": "/v1/health"}
    made.add(t.HEALTH_CHECK, "primary", invertHealthcheck=False, **probe)
    for side in ("PRIMARY", "SECONDARY"):
        made.add(
            t.DNS_RECORD,
            side.lower(),
            name="api.trading.example",
            type="CNAME",
            ttl=5.0,
            healthCheckId=ref(t.HEALTH_CHECK, "primary", "id"),
            failoverRoutingPolicies=[{"type": side}],
        )
