from __future__ import annotations

from pathlib import Path

import pytest

from gateway_kit.errors import SettingsError, StateFolderError
from gateway_kit.stack.services.credentials import Credentials, env_file, read_env_file, resolve, save


def test_demonstration_values_and_everything_else_generated():
    one, other = resolve({}, {}), resolve({}, {})
    assert one.litellm_master_key == one.ui_password == "sk-password"
    assert one.ui_username == "admin"
    assert one.langfuse_init_user_email == "admin@dep.com"
    assert one.langfuse_init_user_password == "password"
    demo = ("LITELLM_MASTER_KEY", "UI_USERNAME", "UI_PASSWORD")
    generated = [n for n in one.as_env() if n not in demo and not n.startswith("LANGFUSE_INIT")]
    assert len(generated) == 7
    for name in generated:
        assert one.as_env()[name] != other.as_env()[name]
        assert len(one.as_env()[name]) >= 24
    assert one.gateway_api_key.startswith("sk-")


def test_repr_shows_no_value():
    credentials = resolve({}, {})
    shown = repr(credentials)
    # Demonstration values are words that also occur in the names.
    assert not [value for value in credentials.as_env().values() if f"={value}" in shown]
    assert "gateway_api_key=***" in repr(credentials)


def test_what_was_saved_is_what_the_next_start_finds(tmp_path: Path):
    credentials = resolve({}, {})
    save(tmp_path, credentials)
    assert resolve({}, read_env_file(env_file(tmp_path))) == credentials
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_the_file_is_its_owners_alone_even_after_somebody_opened_it(tmp_path: Path):
    credentials = resolve({}, {})
    save(tmp_path, credentials)
    assert env_file(tmp_path).stat().st_mode & 0o777 == 0o600
    env_file(tmp_path).chmod(0o644)
    save(tmp_path, credentials)
    assert env_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_the_environment_wins_over_the_file():
    kept = resolve({}, {}).as_env()
    given = {"LITELLM_MASTER_KEY": "sk-mine", "GATEWAY_API_KEY": "sk-lessons", "REDIS_PASSWORD": "other"}
    credentials = resolve(given, kept)
    assert credentials.as_env() == {**kept, **given, "UI_PASSWORD": "sk-mine"}


def test_a_ui_password_of_its_own_survives_a_new_master_key():
    kept = resolve({"UI_PASSWORD": "of-its-own"}, {}).as_env()
    assert resolve({"LITELLM_MASTER_KEY": "sk-new"}, kept).ui_password == "of-its-own"


@pytest.mark.parametrize("name", ["LITELLM_SALT_KEY", "POSTGRES_PASSWORD"])
def test_what_stored_data_depends_on_is_refused_once_it_differs(name: str):
    kept = resolve({}, {}).as_env()
    assert resolve({name: kept[name]}, kept).as_env() == kept
    assert resolve({name: "chosen-first"}, {}).as_env()[name] == "chosen-first"
    with pytest.raises(SettingsError, match=f"{name}.*Unset it") as raised:
        resolve({name: "another"}, kept)
    assert "another" not in str(raised.value)
    assert kept[name] not in str(raised.value)


@pytest.mark.parametrize("name", ["LITELLM_MASTER_KEY", "GATEWAY_API_KEY"])
def test_keys_that_litellm_would_refuse_are_refused_at_once(name: str):
    with pytest.raises(SettingsError, match=f"{name}.*must begin with sk-"):
        resolve({name: "password"}, {})


@pytest.mark.parametrize("value", ["with space", "quote'", "at@sign", "per%cent", "a/b", "line\nbreak"])
def test_values_that_a_url_or_shell_would_misread_are_refused(value: str):
    with pytest.raises(SettingsError, match="letters, digits") as raised:
        resolve({"REDIS_PASSWORD": value}, {})
    assert value not in str(raised.value)


@pytest.mark.parametrize("value", ["admin", "a@b@c", "a b@c", "a@", "@b", "a@b'", "a$x@b", "a@b\nX=1"])
def test_an_email_that_is_none_or_that_a_shell_would_misread_is_refused(value: str):
    with pytest.raises(SettingsError, match="name@host") as raised:
        resolve({"LANGFUSE_INIT_USER_EMAIL": value}, {})
    assert value not in str(raised.value)
    assert (
        resolve({"LANGFUSE_INIT_USER_EMAIL": "me.too@x-y.org"}, {}).langfuse_init_user_email
        == "me.too@x-y.org"
    )


def test_comments_and_blank_lines_are_no_variables(tmp_path: Path):
    path = tmp_path / ".env"
    path.write_text("# A=1\n\n B = 2 \nC=3=4\nnonsense\n")
    assert read_env_file(path) == {"B": "2", "C": "3=4"}
    assert read_env_file(tmp_path / "none") == {}


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path):
    with pytest.raises(StateFolderError, match=str(tmp_path / "gone")):
        save(tmp_path / "gone", resolve({}, {}))


def test_every_credential_is_a_variable_of_the_same_name():
    assert set(resolve({}, {}).as_env()) == {name.upper() for name in Credentials.__dataclass_fields__}
