"""CodeConnections, and CodeStar Connections under its former name: connections and hosts.

https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_Operations.html
https://docs.aws.amazon.com/codestar-connections/latest/APIReference/API_Operations.html
The two are kept apart here: a connection made by one is not seen by the other.
"""

from aws_emulator.store import AwsError, Call, Record, Resource, Service, Tagging, make


def _placed(hosts: Resource) -> object:
    def check(call: Call, record: Record) -> None:
        if "HostArn" in record:
            record["ProviderType"] = hosts.find(call, {"HostArn": record["HostArn"]})["ProviderType"]
        elif "ProviderType" not in record:
            raise call.invalid("A connection needs a provider type or a host")

    return check


def _unused(connections: str) -> object:
    def check(call: Call, record: Record) -> None:
        for connection in call.store.table(connections).values():
            if connection.get("HostArn") == record["HostArn"]:
                raise AwsError("ResourceUnavailableException", "The host still has connections")

    return check


def _service(name: str) -> Service:
    service = Service(name, f"https://docs.aws.amazon.com/{name}/latest/APIReference/API_Operations.html")
    hosts = service.resource(
        Resource(
            name="host",
            key=("HostArn",),
            shapes=("Host",),
            make={
                "identifier": make.hex_id("", 8),
                "HostArn": make.arn(name, "host/{Name}-{identifier}"),
                "Status": "PENDING",
            },
            arn="HostArn",
            tags="Tags",
            create="CreateHost",
            read="GetHost",
            list="ListHosts",
            update="UpdateHost",
            delete="DeleteHost",
            on_delete=_unused("connection"),  # type: ignore[arg-type]
            not_emulated="the hand-shake with the provider: a host stays pending",
        )
    )
    service.resource(
        Resource(
            name="connection",
            key=("ConnectionArn",),
            shapes=("Connection",),
            make={
                "identifier": make.uuid_id(),
                "ConnectionArn": make.arn(name, "connection/{identifier}"),
                "OwnerAccountId": make.account,
                "ConnectionStatus": "PENDING",
            },
            arn="ConnectionArn",
            tags="Tags",
            create="CreateConnection",
            read="GetConnection",
            list="ListConnections",
            delete="DeleteConnection",
            filters={"ProviderTypeFilter": "ProviderType", "HostArnFilter": "HostArn"},
            on_create=_placed(hosts),  # type: ignore[arg-type]
            not_emulated="the hand-shake with the provider: a connection stays pending, as it does in AWS",
        )
    )
    service.tagging(Tagging(arn="ResourceArn", tags="Tags", keys="TagKeys", answer="Tags"))
    return service


SERVICES = [_service("codeconnections"), _service("codestar-connections")]


def install() -> None:
    """Answer these actions from now on; once is enough."""
    for service in SERVICES:
        service.install()
