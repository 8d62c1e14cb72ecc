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


def test_the_gateway_gets_everything_but_what_bends_python():
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


def test_this_environments_programs_are_found_first():
    assert child_path({"PATH": "/bin"}) == f"{Path(sys.executable).parent}:/bin"


def test_a_companys_proxy_does_not_stand_between_the_machine_and_itself():
    env = direct_localhost({"NO_PROXY": "intranet,localhost", "HTTP_PROXY": "http://proxy"})
    assert env["NO_PROXY"] == "intranet,localhost,127.0.0.1"
    assert env["no_proxy"] == "127.0.0.1,localhost"
    assert env["HTTP_PROXY"] == "http://proxy"


def test_a_digest_tells_lists_of_parts_apart():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("a") == digest("a")
    assert len(digest("secret")) == 16
