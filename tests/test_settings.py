"""The credentials chain, profiles, paths and endpoints."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest

from sidscope import settings
from sidscope.domain.value import replace
from sidscope.settings import Credentials, Secret, SettingsError

ACCOUNT = "AC" + "0123456789abcdef" * 2
OTHER = "AC" + "f" * 32
KEY = "SK" + "a" * 32
ENV = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_API_KEY": KEY, "TWILIO_API_SECRET": "s3cr3t"}
TOKEN_ENV = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "t0k3n"}


def entry(account: str = OTHER, **more: Any) -> dict[str, Any]:
    return {"accountSid": account, "apiKey": KEY, "apiSecret": "pr0f1le", **more}


def write_config(home: Path, text: str | dict[str, Any] | bytes) -> Path:
    file = home / ".twilio-cli" / "config.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(text, dict):
        text = json.dumps(text)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def refused(home: Path, env: dict[str, str] | None = None, profile: str | None = None) -> SettingsError:
    """What resolving raises: one sentence that holds none of the secrets, nor does its traceback."""
    with pytest.raises(SettingsError) as caught:
        settings.resolve_credentials(profile, env or {}, home)
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    told = "".join(traceback.format_exception(caught.value))
    for secret in ("s3cr3t", "t0k3n", "pr0f1le"):
        assert secret not in told
    return caught.value


class TestSecret:
    @pytest.mark.parametrize(
        "show", [repr, str, "{}".format, "{!r:>5}".format, lambda it: f"{it}", "%s".__mod__, "%r".__mod__]
    )
    def test_never_shows(self, show: Any) -> None:
        secret = Secret("s3cr3t")
        assert "•••" in show(secret)
        assert "s3cr3t" not in show(secret)

    def test_hides_inside_everything_that_holds_it(self) -> None:
        held = Credentials(ACCOUNT, KEY, Secret("s3cr3t"))
        for shown in (repr(held), str(copy.deepcopy(held)), repr([held]), str(replace(held))):
            assert "s3cr3t" not in shown

    def test_is_revealed_on_demand_alone(self) -> None:
        assert Secret("s3cr3t").reveal() == "s3cr3t"

    def test_equality(self) -> None:
        assert Secret("ä\ud800") == Secret("ä\ud800")
        assert Secret("a") != Secret("b")
        assert Secret("a") != "a"

    def test_neither_hashed_nor_pickled_nor_serialised(self) -> None:
        secret = Secret("s3cr3t")
        with pytest.raises(TypeError):
            hash(secret)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="pickled"):
                pickle.dumps(Credentials(ACCOUNT, KEY, secret), protocol)
        with pytest.raises(TypeError):
            json.dumps(secret)
        with pytest.raises(TypeError):
            vars(secret)

    def test_a_copy_is_the_thing_itself(self) -> None:
        secret = Secret("s3cr3t")
        assert copy.copy(secret) is secret
        assert copy.deepcopy([secret])[0] is secret


class TestEnvironment:
    def test_api_key(self, tmp_path: Path) -> None:
        found = settings.resolve_credentials(None, ENV, tmp_path)
        assert found == Credentials(ACCOUNT, KEY, Secret("s3cr3t"))

    def test_auth_token(self, tmp_path: Path) -> None:
        found = settings.resolve_credentials(None, TOKEN_ENV, tmp_path)
        assert found == Credentials(ACCOUNT, ACCOUNT, Secret("t0k3n"))

    def test_api_key_wins_over_token(self, tmp_path: Path) -> None:
        assert settings.resolve_credentials(None, ENV | TOKEN_ENV, tmp_path).username == KEY

    def test_half_a_key_beside_a_token_does_not_matter(self, tmp_path: Path) -> None:
        env = TOKEN_ENV | {"TWILIO_API_KEY": KEY, "TWILIO_API_SECRET": " "}
        assert settings.resolve_credentials(None, env, tmp_path).password == Secret("t0k3n")

    def test_surrounding_space_is_nobodys_intent(self, tmp_path: Path) -> None:
        env = {name: f" {value}\n" for name, value in ENV.items()}
        assert settings.resolve_credentials(None, env, tmp_path) == Credentials(ACCOUNT, KEY, Secret("s3cr3t"))

    def test_region_and_edge(self, tmp_path: Path) -> None:
        env = ENV | {"TWILIO_REGION": "ie1", "TWILIO_EDGE": "dublin"}
        found = settings.resolve_credentials(None, env, tmp_path)
        assert (found.region, found.edge) == ("ie1", "dublin")

    def test_wins_over_the_active_profile_and_a_broken_file(self, tmp_path: Path) -> None:
        write_config(tmp_path, {"profiles": {"dev": entry()}, "activeProject": "dev", "edge": "sydney"})
        assert settings.resolve_credentials(None, ENV, tmp_path) == Credentials(ACCOUNT, KEY, Secret("s3cr3t"))
        write_config(tmp_path, "{ broken")
        assert settings.resolve_credentials(None, ENV, tmp_path).account_sid == ACCOUNT

    @pytest.mark.parametrize("missing", ["TWILIO_API_SECRET", "TWILIO_API_KEY"])
    def test_half_set_is_refused_even_where_a_profile_is_active(self, tmp_path: Path, missing: str) -> None:
        write_config(tmp_path, {"profiles": {"dev": entry()}, "activeProject": "dev"})
        error = refused(tmp_path, {name: value for name, value in ENV.items() if name != missing})
        assert error.exit_code == 3
        assert f"without {missing}" in str(error)

    def test_account_alone_never_falls_through_to_another_account(self, tmp_path: Path) -> None:
        write_config(tmp_path, {"profiles": {"dev": entry()}, "activeProject": "dev"})
        error = refused(tmp_path, {"TWILIO_ACCOUNT_SID": ACCOUNT})
        assert error.exit_code == 3
        assert "TWILIO_AUTH_TOKEN" in str(error)

    def test_secret_without_account(self, tmp_path: Path) -> None:
        error = refused(tmp_path, {"TWILIO_AUTH_TOKEN": "t0k3n"})
        assert error.exit_code == 3
        assert "without TWILIO_ACCOUNT_SID" in str(error)

    @pytest.mark.parametrize("env", [{}, {"TWILIO_API_KEY": KEY}, {"TWILIO_AUTH_TOKEN": "two words"}])
    def test_where_nothing_is_asked_the_account_alone_will_do(self, tmp_path: Path, env: dict[str, str]) -> None:
        whose = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_REGION": "ie1"}
        found = settings.resolve_credentials(None, whose | env, tmp_path, secret=False)
        assert found == Credentials(ACCOUNT, ACCOUNT, Secret(""), region="ie1")
        for wrong, code in (({}, 3), ({"TWILIO_ACCOUNT_SID": "AC123"}, 2)):
            with pytest.raises(SettingsError) as caught:
                settings.resolve_credentials(None, env | wrong, tmp_path, secret=False)
            assert caught.value.exit_code == code

    @pytest.mark.parametrize("account", ["AC123", OTHER + "0", "FW" + "f" * 32, "AC" + "g" * 32, "../../etc/x"])
    def test_malformed_account(self, tmp_path: Path, account: str) -> None:
        error = refused(tmp_path, ENV | {"TWILIO_ACCOUNT_SID": account})
        assert error.exit_code == 2
        assert "TWILIO_ACCOUNT_SID" in str(error)

    @pytest.mark.parametrize("secret", ["s3cr3t s3cr3t", "“s3cr3t”", '"s3cr3t"', "s3cr3t\x1b", "s3cr3t\udc80"])
    def test_a_badly_copied_secret(self, tmp_path: Path, secret: str) -> None:
        error = refused(tmp_path, ENV | {"TWILIO_API_SECRET": secret})
        assert error.exit_code == 2
        assert "TWILIO_API_SECRET" in str(error)

    @pytest.mark.parametrize("name", ["TWILIO_REGION", "TWILIO_EDGE"])
    @pytest.mark.parametrize("value", ["evil.example/", "a.b", "-x", "x-", "IE1", "a" * 64, "ie1\x1b[2J", "é"])
    def test_region_and_edge_go_into_a_host_name(self, tmp_path: Path, name: str, value: str) -> None:
        error = refused(tmp_path, ENV | {name: value})
        assert error.exit_code == 2
        assert name in str(error)
        assert "\x1b" not in str(error)

    def test_nothing_at_all(self, tmp_path: Path) -> None:
        error = refused(tmp_path)
        assert isinstance(error, settings.NoCredentials)
        assert error.exit_code == 3
        assert "--demo" in str(error)


class TestTwilioCli:
    def test_active_profile(self, tmp_path: Path) -> None:
        write_config(tmp_path, {"profiles": {"dev": entry(ACCOUNT), "live": entry()}, "activeProject": "live"})
        found = settings.resolve_credentials(None, {}, tmp_path)
        assert found == Credentials(OTHER, KEY, Secret("pr0f1le"), profile="live")

    def test_named_profile_wins_over_the_environment(self, tmp_path: Path) -> None:
        write_config(tmp_path, {"profiles": {"dev": entry(ACCOUNT), "live": entry()}, "activeProject": "dev"})
        assert settings.resolve_credentials("live", ENV, tmp_path).account_sid == OTHER

    def test_its_directory_can_be_moved(self, tmp_path: Path) -> None:
        file = write_config(tmp_path, {"profiles": {"dev": entry()}})
        env = {"TWILIO_CONFIG_DIR": str(file.parent)}
        assert settings.resolve_credentials("dev", env, tmp_path / "nowhere").account_sid == OTHER
        assert settings.config_dir(env, tmp_path) == file.parent
        assert settings.config_dir({}, tmp_path) == file.parent

    def test_a_byte_order_mark_is_no_fault(self, tmp_path: Path) -> None:
        write_config(tmp_path, b"\xef\xbb\xbf" + json.dumps({"profiles": {"dev": entry()}}).encode())
        assert settings.resolve_credentials("dev", {}, tmp_path).account_sid == OTHER

    @pytest.mark.parametrize(
        ("profile", "env", "region"), [("ie1", "au1", "ie1"), (None, "au1", "au1"), ("", None, None)]
    )
    def test_region(self, tmp_path: Path, profile: str | None, env: str | None, region: str | None) -> None:
        write_config(tmp_path, {"profiles": {"dev": entry(region=profile)}})
        found = settings.resolve_credentials("dev", {"TWILIO_REGION": env} if env else {}, tmp_path)
        assert found.region == region

    @pytest.mark.parametrize(
        ("env", "profile", "config", "edge"),
        [
            ("tokyo", "dublin", "sydney", "tokyo"),
            (None, "dublin", "sydney", "dublin"),
            (None, None, "sydney", "sydney"),
            (None, None, None, None),
        ],
    )
    def test_edge(
        self, tmp_path: Path, env: str | None, profile: str | None, config: str | None, edge: str | None
    ) -> None:
        write_config(tmp_path, {"edge": config, "profiles": {"dev": entry(edge=profile)}})
        found = settings.resolve_credentials("dev", {"TWILIO_EDGE": env} if env else {}, tmp_path)
        assert found.edge == edge

    def test_unknown_profile(self, tmp_path: Path) -> None:
        error = refused(tmp_path, ENV, "live")
        assert isinstance(error, settings.UnknownProfile)
        assert error.exit_code == 2
        assert "there is no file" in str(error)
        write_config(tmp_path, {"profiles": {"dev": entry(), "test": entry()}})
        assert "it has 'dev', 'test'" in str(refused(tmp_path, ENV, "live"))
        write_config(tmp_path, {})
        assert "it has none" in str(refused(tmp_path, ENV, "live"))

    def test_no_active_profile(self, tmp_path: Path) -> None:
        write_config(tmp_path, {"profiles": {"dev": entry()}, "activeProject": "gone"})
        error = refused(tmp_path)
        assert error.exit_code == 3
        assert "--profile, one of 'dev'" in str(error)

    @pytest.mark.parametrize("profile", ["old", None])
    def test_the_old_kind_has_no_secrets(self, tmp_path: Path, profile: str | None) -> None:
        old = {"id": "old", "accountSid": ACCOUNT, "region": "us1"}
        write_config(tmp_path, {"projects": [old], "profiles": {"dev": entry()}, "activeProject": "old"})
        error = refused(tmp_path, {}, profile)
        assert error.exit_code == 3
        assert "keychain" in str(error)

    @pytest.mark.parametrize("name", ["old", "half", None])
    def test_where_nothing_is_asked_a_profile_needs_no_secret(self, tmp_path: Path, name: str | None) -> None:
        old = {"id": "old", "accountSid": ACCOUNT, "region": "us1"}
        write_config(tmp_path, {"projects": [old], "profiles": {"half": {"accountSid": OTHER}}, "activeProject": "old"})
        found = settings.resolve_credentials(name, {}, tmp_path, secret=False)
        assert found.account_sid == (OTHER if name == "half" else ACCOUNT)
        assert (found.profile, found.password) == (name or "old", Secret(""))

    def test_the_old_kind_is_active_where_nothing_else_is(self, tmp_path: Path) -> None:
        old = {"id": "old", "accountSid": ACCOUNT}
        write_config(tmp_path, {"projects": [old], "profiles": {"dev": entry()}})
        assert "'old'" in str(refused(tmp_path))

    @pytest.mark.parametrize(
        "text",
        [
            "{ broken",
            "",
            "[1, 2]",
            "null",
            '{"profiles": ["dev"]}',
            '{"profiles": {"dev": "pr0f1le"}}',
            '{"projects": {"old": 1}}',
            '{"projects": ["old"]}',
            '{"profiles": {"dev": {"accountSid": "AC12", "apiKey": "SK", "apiSecret": "pr0f1le"}}}',
            '{"profiles": {"dev": {"accountSid": 5}}}',
            json.dumps({"profiles": {"dev": entry(apiSecret=None)}}),
            json.dumps({"profiles": {"dev": entry(apiKey="")}}),
            json.dumps({"profiles": {"dev": entry(apiSecret={"pr0f1le": 1})}}),
            json.dumps({"profiles": {"dev": entry(region=["ie1"])}}),
            json.dumps({"profiles": {"dev": entry()}, "edge": "evil.example/"}),
            "[" * 100_000,
            "9" * 10_000,
            b"\xff\xfe{\x00",
        ],
    )
    def test_a_broken_file(self, tmp_path: Path, text: str | bytes) -> None:
        write_config(tmp_path, text)
        assert refused(tmp_path, ENV, "dev").exit_code == 2

    def test_a_broken_profile_does_not_matter_to_another(self, tmp_path: Path) -> None:
        write_config(tmp_path, {"profiles": {"dev": {"accountSid": 5}, "live": entry()}})
        assert settings.resolve_credentials("live", {}, tmp_path).account_sid == OTHER

    def test_an_unreadable_file(self, tmp_path: Path) -> None:
        (tmp_path / ".twilio-cli" / "config.json").mkdir(parents=True)
        error = refused(tmp_path)
        assert isinstance(error, settings.BrokenConfig)
        assert "is a directory" in str(error)

    def test_names_are_shown_without_effect_on_the_terminal(self, tmp_path: Path) -> None:
        write_config(tmp_path, {"profiles": {"\x1b]52;c;eA==\x07\u202e": entry()}})
        assert str(refused(tmp_path, {}, "\x1b[2J")).isprintable()

    def test_listing(self, tmp_path: Path) -> None:
        assert settings.profiles({}, tmp_path) == []
        projects = [{"id": "old", "accountSid": ACCOUNT}, {"id": "dev", "accountSid": ACCOUNT}]
        write_config(tmp_path, {"profiles": {"dev": entry(region="ie1")}, "projects": projects, "activeProject": "dev"})
        listed = settings.profiles({}, tmp_path)
        assert [(it.name, it.account_sid, it.region, it.active, it.legacy) for it in listed] == [
            ("dev", OTHER, "ie1", True, False),
            ("old", ACCOUNT, None, False, True),
        ]
        assert "pr0f1le" not in repr(listed)
        write_config(tmp_path, "broken")
        with pytest.raises(settings.BrokenConfig):
            settings.profiles({}, tmp_path)


class TestDataDir:
    def test_option_wins_over_the_environment(self, tmp_path: Path) -> None:
        env = {"SIDSCOPE_DATA_DIR": str(tmp_path / "env")}
        assert settings.data_dir(str(tmp_path / "option"), env) == tmp_path / "option"
        assert settings.data_dir(None, env) == tmp_path / "env"

    def test_platform_default(self) -> None:
        found = settings.data_dir(None, {})
        assert found.is_absolute()
        assert "sidscope" in found.parts

    def test_tilde_and_relative(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path))
        assert settings.data_dir("here", {}) == tmp_path / "here"
        assert settings.data_dir("~/there", {}) == tmp_path / "there"
        with pytest.raises(settings.BadSetting, match="nobody"):
            settings.data_dir("~no-such-user-here/x", {})


class TestApiUrl:
    @pytest.mark.parametrize(
        ("given", "origin"),
        [
            (None, None),
            ("  ", None),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost:8080/", "http://localhost:8080"),
            ("HTTPS://Proxy.Example", "https://proxy.example"),
            ("http://[::1]:9", "http://[::1]:9"),
        ],
    )
    def test_an_origin(self, given: str | None, origin: str | None) -> None:
        assert settings.api_url({} if given is None else {"SIDSCOPE_API_URL": given}) == origin

    @pytest.mark.parametrize(
        "given",
        [
            "localhost:8080",
            "ftp://host",
            "http://",
            "http://:80",
            "http://host/path",
            "http://host//",
            "http://host?x=1",
            "http://host/#x",
            "http://user:t0k3n@host",
            "http://host:0",
            "http://host:65536",
            "http://host:",
            "http://ho st",
            "http://host\n.evil",
            "http://\u212aelvin",
            "http://host\\@evil",
        ],
    )
    def test_anything_else_is_refused_and_not_repeated(self, given: str) -> None:
        with pytest.raises(settings.BadSetting) as caught:
            settings.api_url({"SIDSCOPE_API_URL": given})
        assert caught.value.exit_code == 2
        assert "t0k3n" not in str(caught.value)
