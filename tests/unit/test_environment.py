from __future__ import annotations

import sys
from pathlib import Path

from gateway_kit.common.environment import (
    child_path,
    digest,
    direct_localhost,
    full_env,
    minimal_env,
)

SECRETS = {"OPENAI_API_KEY": "sk-real", "AWS_SECRET_ACCESS_KEY": "real", "HOME": "/home/me", "PATH": "/bin"}


def test_services_that_need_no_secret_get_none():
    env = minimal_env(SECRETS, PORT="1")
    assert env["HOME"] == "/home/me"
    assert env["PORT"] == "1"
    assert "real" not in "".join(env.values())


def test_the_gateway_gets_everything_except_variables_that_change_python():
    bending = (
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONPATH",
        "PYTHONWARNINGS",
        "PYTHONINSPECT",
        "NODE_OPTIONS",
        "NODE_PATH",
    )
    given = {**SECRETS, **dict.fromkeys(bending, "1"), "NODE_EXTRA_CA_CERTS": "/company.pem"}
    env = full_env(given, EXTRA="1")
    assert env["OPENAI_API_KEY"] == "sk-real"
    assert env["EXTRA"] == "1"
    assert env["NODE_EXTRA_CA_CERTS"] == "/company.pem"
    assert not set(bending) & set(env)
    assert not set(bending) & set(minimal_env(given))


def test_programs_of_this_virtual_environment_come_first_in_the_path():
    assert child_path({"PATH": "/bin"}) == f"{Path(sys.executable).parent}:/bin"


def test_loopback_connections_bypass_a_proxy():
    env = direct_localhost({"NO_PROXY": "intranet,localhost", "HTTP_PROXY": "http://proxy"})
    assert env["NO_PROXY"] == "intranet,localhost,127.0.0.1"
    assert env["no_proxy"] == "127.0.0.1,localhost"
    assert env["HTTP_PROXY"] == "http://proxy"


def test_digests_of_different_part_lists_differ():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("a") == digest("a")
    assert len(digest("secret")) == 16
