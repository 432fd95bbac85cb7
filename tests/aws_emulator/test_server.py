from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys

import boto3
import pytest

from aws_emulator import server
from tests.aws_emulator.conftest import clients_of


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "aws_emulator", *arguments]


def test_the_environment_connects_a_client_to_the_in_memory_aws(in_memory_aws, monkeypatch):
    for name, value in in_memory_aws.environment("us-west-2").items():
        monkeypatch.setenv(name, value)
    identity = boto3.client("sts").get_caller_identity()
    assert identity["Account"] == server.ACCOUNT_ID, "the caller's account is the emulated one"
    assert boto3.client("ec2").meta.region_name == "us-west-2", "the client stands in the region that was asked for"


def test_the_users_own_aws_variables_do_not_reach_a_client(in_memory_aws):
    environment = in_memory_aws.client_environment(base={"AWS_PROFILE": "production", "PATH": "/bin"})
    assert "AWS_PROFILE" not in environment, "the user's profile must not reach the rehearsal"
    assert environment["PATH"] == "/bin", "what is not AWS's is kept"


def test_the_account_id_is_a_parameter(tmp_path):
    with server.start(log=tmp_path / "log", account_id="210987654321") as running:
        assert clients_of(running)("sts").get_caller_identity()["Account"] == "210987654321"


def test_aws_managed_policies_exist(client):
    policy = client("iam").get_policy(PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    assert policy["Policy"]["PolicyName"] == "AmazonSSMManagedInstanceCore"


def test_the_ready_file_has_the_servers_address(tmp_path):
    ready = tmp_path / "ready.json"
    with subprocess.Popen(_command("--ready", str(ready)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        assert run.stdout is not None
        announced = json.loads(run.stdout.readline())
        written = json.loads(ready.read_text())
        run.send_signal(signal.SIGTERM)
        assert run.wait(20) == 0, "SIGTERM ends the server cleanly"
    assert written == announced
    assert written["pid"] == run.pid
    assert written["endpoint"] == f"http://127.0.0.1:{written['port']}"


def test_a_used_port_is_a_one_line_error(in_memory_aws):
    port = in_memory_aws.endpoint.rpartition(":")[2]
    run = subprocess.run(_command("--port", port), capture_output=True, text=True, timeout=60)
    assert run.returncode == 1, "a server that cannot listen fails"
    assert f"127.0.0.1:{port}" in run.stderr, "the message names the address"
    assert len(run.stderr.splitlines()) == 1, "one line, no traceback"
    with pytest.raises(server.ServerFailedError, match="cannot listen on"):
        server.start(port=int(port))


def test_the_server_listens_only_on_loopback():
    run = subprocess.run(_command("--host", "0.0.0.0"), capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert "loopback" in run.stderr


def test_the_server_ends_with_its_parent():
    parent = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    command = _command("--with-parent", str(parent.pid))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        assert run.stdout is not None
        json.loads(run.stdout.readline())
        parent.kill()
        parent.wait()
        assert run.wait(20) == 0, "no server stays behind without its parent"


def test_the_error_about_a_dead_server_has_the_end_of_its_log(own_aws):
    handle = os.pidfd_open(own_aws.pid)
    os.kill(own_aws.pid, signal.SIGKILL)
    select.select([handle], [], [], 20)
    os.close(handle)
    own_aws.log.open("a").write("the last words\n")
    with pytest.raises(server.ServerFailedError, match="the last words"):
        own_aws.outages()


def test_the_log_names_action_and_region_of_each_request(client, in_memory_aws):
    client("ec2", "eu-central-1").describe_key_pairs()
    client("kms", "eu-central-1").list_aliases()
    log = in_memory_aws.log.read_text()
    assert "200 eu-central-1 ec2 DescribeKeyPairs" in log, "form actions are named"
    assert "200 eu-central-1 kms ListAliases" in log, "header actions are named"


def _connected(running: server.RunningServer) -> socket.socket:
    host, _, port = running.endpoint.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=20)


# Of struct tcp_info in linux/tcp.h: `tcpi_data_segs_in`, how many pieces came that held data.
_DATA_PIECES = slice(152, 156)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the pieces")
def test_head_and_body_of_an_answer_are_sent_together(in_memory_aws):
    with _connected(in_memory_aws) as connection:
        connection.sendall(b"GET /moto-api/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
        counted = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)[_DATA_PIECES]
    assert answer.partition(b"\r\n\r\n")[2], "the answer has a body"
    assert int.from_bytes(counted, sys.byteorder) == 1


def test_a_connection_stays_open_after_an_unread_body(in_memory_aws):
    """Two requests on one connection: the first has a body that its answer, an error, does not depend on."""
    with _connected(in_memory_aws) as connection, connection.makefile("rb") as answers:
        for body in (b"abcd", b""):
            length = str(len(body)).encode()
            connection.sendall(
                b"POST /moto-api/none HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n" + body
            )
            assert answers.readline().startswith(b"HTTP/1.1 404 ")
            headers = {name.lower(): value for name, value in _fields(answers)}
            assert answers.read(int(headers[b"content-length"]))


def test_a_client_that_ends_within_its_request_gets_no_answer_and_changes_nothing(own_aws):
    """A killed operator or function ended within a PutItem. Its rest was served, and counted as a check that failed."""
    request = (
        b"POST / HTTP/1.1\r\nHost: dynamodb.us-east-1.amazonaws.com\r\nContent-Type: application/x-amz-json-1.0\r\n"
        b"X-Amz-Target: DynamoDB_20120810.CreateTable\r\nAuthorization: AWS4-HMAC-SHA256 "
        b"Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00\r\n"
        b"Content-Length: 400\r\n\r\n"
    )
    with _connected(own_aws) as connection:
        connection.sendall(request + b'{"TableName": "half')
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(4096) == b""
    strictness = own_aws.strictness()
    assert strictness["failed"] == []
    assert strictness["checked"] == {}, "no part of a request is carried out"


def _fields(answer):
    while line := answer.readline().strip():
        name, _, value = line.partition(b":")
        yield name, value


def test_expect_100_continue_is_answered_before_the_body(in_memory_aws):
    with _connected(in_memory_aws) as connection:
        connection.sendall(
            b"PUT /a-bucket/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")


def test_a_reset_deletes_all_resources_and_restores_default_quotas(own_aws):
    """A reset removes moto's resources, the store's records and quotas that were raised, in each region."""
    client, addresses = clients_of(own_aws), ("ec2", "L-0263D0A3")
    for region in ("us-east-1", "us-west-2"):
        client("kinesis", region).create_stream(StreamName="orders", ShardCount=1)
        client("budgets").create_budget(
            AccountId=server.ACCOUNT_ID,
            Budget={
                "BudgetName": region,
                "TimeUnit": "MONTHLY",
                "BudgetType": "COST",
                "BudgetLimit": {"Amount": "1", "Unit": "USD"},
            },
        )
        client("service-quotas", region).request_service_quota_increase(
            ServiceCode=addresses[0], QuotaCode=addresses[1], DesiredValue=9
        )
    own_aws.reset()
    assert client("budgets").describe_budgets(AccountId=server.ACCOUNT_ID).get("Budgets", []) == []
    for region in ("us-east-1", "us-west-2"):
        assert client("kinesis", region).list_streams()["StreamNames"] == []
        quota = client("service-quotas", region).get_service_quota(ServiceCode=addresses[0], QuotaCode=addresses[1])
        assert quota["Quota"]["Value"] == 5
