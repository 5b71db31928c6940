"""The server in a container of its own, for the tests of a Python project.

pip install pytest testcontainers && SPARRING_IMAGE=sparring pytest test_escrow.py
"""

import json
import os
import urllib.request

import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy


@pytest.fixture(scope="session")
def server():
    """The base URL of a server that answers."""
    container = (
        DockerContainer(os.environ.get("SPARRING_IMAGE", "sparring"))
        .with_env("SPARRING_SEED", "1")
        .with_exposed_ports(8080)
        # Waiting for a port would need a shell in the image.
        .waiting_for(HttpWaitStrategy(8080, "/__admin/health").for_status_code(200))
    )
    with container:
        yield f"http://{container.get_container_host_ip()}:{container.get_exposed_port(8080)}"


@pytest.fixture
def sandbox(server, request):
    """The base URL of a sandbox that only this test sees."""
    name = request.node.name
    post(f"{server}/__admin/sandboxes", {"id": name})
    return f"{server}/s/{name}"


def post(url, body):
    data = json.dumps(body).encode()
    call = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(call, timeout=10) as reply:
        return json.load(reply)


def test_an_amount_is_held(sandbox):
    post(f"{sandbox}/v1/create_escrow", {"payer": "alice", "payee": "bob", "amount": "25.00"})
    assert "475.00" in json.dumps(post(f"{sandbox}/v1/get_balance", {"agent_id": "alice"}))
