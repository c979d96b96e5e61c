"""The configuration file: what is right counts, what is wrong is said with its line, and nothing ever raises."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidscope.config import THEMES, Config, check_keys, config_path, in_short, load_config, read_config
from sidscope.domain.value import replace
from sidscope.keymap import key_name, why_not

WHOLE = """\
# mine
theme = "ansi-light"
utc = true
clipboard = "osc52"
keep = "7d"

[keys]
down = "n, down"
filter = "/"

[queries]
"stuck on WhatsApp" = "anomaly:stuck channel:whatsapp"

[profiles.production]
colour = "red"
[profiles."test account"]
colour = "#0a0"
"""


def load(tmp_path: Path, text: str | bytes) -> tuple[Config, list[str]]:
    path = tmp_path / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    config, complaints = load_config(path)
    for complaint in complaints:
        assert complaint.startswith(str(path))
        assert complaint.endswith(".")
        assert "\n" not in complaint
    return config, [complaint.removeprefix(str(path)) for complaint in complaints]


def test_a_whole_file(tmp_path: Path) -> None:
    config, complaints = load(tmp_path, WHOLE)
    assert complaints == []
    assert replace(config, key_places={}) == Config(
        theme="ansi-light",
        utc=True,
        clipboard="osc52",
        keep=timedelta(days=7),
        keys={"down": "n, down", "filter": "/"},
        queries={"stuck on WhatsApp": "anomaly:stuck channel:whatsapp"},
        colours={"production": "red", "test account": "#0a0"},
    )


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("utc = true", timedelta(days=30)),
        ("keep = '7d'", timedelta(days=7)),
        ("keep = 'forever'", None),
        ("keep = 'foreve'", None),
        ("keep = 'forever", None),
    ],
)
def test_nothing_is_forgotten_by_mistake(tmp_path: Path, text: str, kept: timedelta | None) -> None:
    assert load(tmp_path, text)[0].keep == kept


def test_without_a_file_the_defaults_are_used_and_nobody_complains(tmp_path: Path) -> None:
    assert load_config(tmp_path / "none.toml") == (Config(), [])


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    config, complaints = read_config({"SIDSCOPE_CONFIG": str(tmp_path / "none.toml")})
    assert config == Config(keep=None)
    assert complaints == [f"{tmp_path}/none.toml is not there: the defaults are used, and nothing is forgotten."]


def test_where_the_file_is(tmp_path: Path) -> None:
    assert config_path({"SIDSCOPE_CONFIG": str(tmp_path / "my.toml")}) == tmp_path / "my.toml"
    assert config_path({"SIDSCOPE_CONFIG": "~nobody-by-that-name/x.toml"}) == Path("~nobody-by-that-name/x.toml")
    assert config_path({}).name == "config.toml"
    assert "sidscope" in str(config_path({}))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("utc = true\nthem = 'dark'\n", ":2: there is no setting 'them' (is 'theme' meant?)."),
        ("theme = 'lihgt'", ":1: theme cannot be 'lihgt' (is 'light' meant?); there are dark, light, ansi-dark,"),
        ("theme = []", ":1: theme cannot be '[]'; there are"),
        ("\nutc = 'yes'", ":2: utc is true or false, not 'yes'."),
        (
            "keep = '30 days'",
            ':1: keep is a span of an hour or more such as "30d", or "forever", not \'30 days\'; nothing is forgotten.',
        ),
        (
            "keep = '0d'",
            ':1: keep is a span of an hour or more such as "30d", or "forever", not \'0d\'; nothing is forgotten.',
        ),
        ("keep = 30", ":1: keep is a span of an hour"),
        ("keys = 5", ":1: keys is a table, [keys], not 5."),
        ("[keys]\nup = 'i'\ndown = 4", ":3: keys.down is text, not 4."),
        ("keys = { down = 4 }", ":1: keys.down is text, not 4."),
        ("utc = true\nkeys.down = 4", ":2: keys.down is text, not 4."),
        (
            "[queries]\nmine = 'statu:active'",
            ":2: the query 'mine' cannot be understood at character 1: unknown term statu:",
        ),
        ("[profiles]\nprod = 'red'", ":2: a profile is a table, [profiles.prod]."),
        (
            "[profiles.a]\ncolour = 'red'\n[profiles.b] # the other\ncolor = 'red'",
            ":4: a profile has a colour, no 'color' (is 'colour' meant?).",
        ),
        (
            "[profiles.a]\ncolour = 'red'\n[profiles.b]\ncolour = 'rad'",
            ":4: colour cannot be 'rad' (is 'red' meant?)",
        ),
        (
            "utc = true\ntheme = dark",
            ":2: this is not TOML (Invalid value); the defaults are used, and nothing is forgotten.",
        ),
        (
            "utc = true\nutc = true",
            ":2: this is not TOML (Cannot overwrite a value); the defaults are used, and nothing is forgotten.",
        ),
        (b"utc = true\n\n# \xff", ":3: this is not UTF-8 text; the defaults are used, and nothing is forgotten."),
        pytest.param(
            "a = " + "[" * 5000, " is beyond reason: the defaults are used, and nothing is forgotten.", id="deep"
        ),
        pytest.param(
            "a = " + "1" * 5000, " is beyond reason: the defaults are used, and nothing is forgotten.", id="large"
        ),
        pytest.param(
            "#" * 1_000_001,
            " is longer than any configuration: the defaults are used, and nothing is forgotten.",
            id="long",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str | bytes, complaint: str) -> None:
    config, complaints = load(tmp_path, text)
    assert len(complaints) == 1
    assert complaints[0].startswith(complaint)
    config = replace(config, keep=Config().keep, key_places={})
    assert config in (Config(), Config(utc=True), Config(colours={"a": "red"}), Config(keys={"up": "i"}))


def test_one_mistake_does_not_cost_the_rest(tmp_path: Path) -> None:
    config, complaints = load(tmp_path, WHOLE.replace("true", "'perhaps'").replace("red", "rouge"))
    assert len(complaints) == 2
    assert config.theme == "ansi-light"
    assert config.colours == {"test account": "#0a0"}
    assert not config.utc


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert load_config(tmp_path) == (
        Config(keep=None),
        [f"{tmp_path} cannot be read (Is a directory): the defaults are used, and nothing is forgotten."],
    )


def test_a_megabyte_of_a_value_is_not_repeated(tmp_path: Path) -> None:
    _, complaints = load(tmp_path, f"theme = '{'x' * 900_000}'")
    assert len(complaints[0]) < 300


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    assert load(tmp_path, b"\xef\xbb\xbfutc = true\n") == (Config(utc=True), [])


PIECES = (
    *"\n\n=[]{}\"'.,#",
    *(" = ", "theme", "utc", "keep", "keys", "queries", "profiles", "colour", "true", "1", "'x'", '"a\\nb"'),
    *("[keys]\n", "[profiles.a]\n", "[[profiles]]\n", '"30d"', "1979-05-27", '"\\u0000"', "inf", "'''\n"),
)
toml_like = st.lists(st.sampled_from(PIECES)).map("".join)


@given(st.one_of(st.binary(), st.text().map(lambda text: text.encode("utf-8", "replace")), toml_like.map(str.encode)))
def test_no_bytes_whatever_raise(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(data)
        config, complaints = load_config(path)
        assert config.theme in THEMES
        assert all(complaint.startswith(str(path)) for complaint in complaints)
        assert not any("\n" in complaint for complaint in complaints)


# Keys


@dataclass(frozen=True)
class Command:
    keys: tuple[str, ...]
    where: frozenset[str] = frozenset({"list"})


COMMANDS = {
    "down": Command(("j", "down")),
    "up": Command(("k", "up")),
    "filter": Command(("slash",)),
    "fold": Command(("h", "left")),
    "close_help": Command(("q",), frozenset({"help"})),
}


def test_good_keys() -> None:
    keys = {
        "down": "n, pagedown",
        "up": "ctrl+p",
        "filter": "/, f3, ctrl+f, ?, comma, ctrl+\\",
        "fold": "G,shift+left,+",
    }
    assert check_keys(keys, COMMANDS) == []


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"dwon": "n"}, "keys.dwon: there is no such command (is down meant?)."),
        ({"dwon": "n", "up": "k"}, "keys.dwon: there is no such command (is down meant?)."),
        ({"x": "n"}, "keys.x: there is no such command."),
        ({"down": " , "}, "keys.down: no key is named; remove the line to keep j, down."),
        ({"down": "k"}, "keys: k is both down and up; give one of them another key."),
        ({"down": "n", "up": "n"}, "keys: n is both down and up; give one of them another key."),
        ({"down": "/"}, "keys: slash is both down and filter; give one of them another key."),
        ({"down": "ctrl+m"}, "keys.down: ctrl+m cannot be used: terminals send the same for it as for enter."),
        (
            {"down": "ctrl+["},
            "keys.down: ctrl+left_square_bracket cannot be used: terminals send the same for",
        ),
        ({"down": "ctrl+i"}, "keys.down: ctrl+i cannot be used: terminals send the same for it as for tab."),
        ({"down": "ctrl+j"}, "keys.down: ctrl+j cannot be used: some terminals send it for enter."),
        ({"down": "ctrl+h"}, "keys.down: ctrl+h cannot be used: some terminals send it for backspace."),
        ({"down": "shift+g"}, "keys.down: shift+g is spelled as the capital letter: write G."),
        ({"down": "ctrl+G"}, "keys.down: ctrl+G cannot be used: with ctrl, terminals do not tell capital letters."),
        ({"down": "ctrl+shift+g"}, "keys.down: ctrl+shift+g cannot be used: with ctrl, terminals do not tell capital"),
        ({"down": "alt+left"}, "keys.down: alt+left is unsafe: many terminals keep alt for themselves or send it as"),
        ({"down": "super+x"}, "keys.down: super+x cannot be used: terminals know ctrl, shift, alt, not 'super'."),
        ({"down": "Ctrl+x"}, "keys.down: Ctrl+x is not spelled as keys are: write ctrl+x."),
        ({"down": "pgdn"}, "keys.down: there is no key 'pgdn' (is pagedown meant?)."),
        ({"down": "PageDown"}, "keys.down: there is no key 'PageDown' (write pagedown)."),
        ({"down": "ctrl+5"}, "keys.down: ctrl+5 cannot be used: terminals do not tell it from 5."),
        ({"down": "shift+enter"}, "keys.down: shift+enter cannot be used: terminals do not tell it from enter."),
    ],
)
def test_bad_keys_are_said_in_one_sentence(keys: dict[str, str], complaint: str) -> None:
    complaints = check_keys(keys, COMMANDS)
    assert len(complaints) == 1
    assert complaints[0].startswith(complaint)


def test_complaints_about_keys_name_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('theme = "dark"\n\n[keys]\ndwon = "n"\ndown = "k"  # is up\n"up" = "ctrl+m, n"\n')
    config, complaints = load_config(path)
    assert complaints == []
    assert [sentence.split(" ")[:2] for sentence in check_keys(config.keys, COMMANDS, config.key_places)] == [
        [f"{path}:4:", "keys.dwon:"],
        [f"{path}:6:", "keys.up:"],
    ]
    path.write_text('[keys]\nup = "n"\n\ndown = "n"\n')
    config, _ = load_config(path)
    (clash,) = check_keys(config.keys, COMMANDS, config.key_places)
    assert clash.startswith(f"{path}:2: keys: n is both down and up")


def test_one_key_in_two_panes_is_no_clash() -> None:
    assert check_keys({"down": "q"}, COMMANDS) == []


@given(st.dictionaries(st.sampled_from([*COMMANDS, "x"]), st.text()))
def test_no_text_raises(keys: dict[str, str]) -> None:
    assert all(sentence.endswith(".") for sentence in check_keys(keys, COMMANDS))


def test_the_explorers_own_keys_are_keys_that_terminals_send() -> None:
    commands = pytest.importorskip("sidscope.tui.commands").BY_ID
    for command in commands.values():
        assert [why for key in command.keys if key != "ctrl+c" and (why := why_not(key))] == []
    bound = {name: ",".join(command.keys) for name, command in commands.items() if "ctrl+c" not in command.keys}
    assert check_keys(bound, commands) == []


def test_names_of_keys_are_textuals() -> None:
    from textual.keys import _character_to_key

    for code in range(0x21, 0x7F):
        assert key_name(chr(code)) == _character_to_key(chr(code))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("utc = true")
    path.chmod(0)
    assert load_config(path)[1] == [
        f"{path} cannot be read (Permission denied): the defaults are used, and nothing is forgotten."
    ]


@pytest.mark.parametrize(
    ("complaint", "short"),
    [
        ("/a b/c/config.toml:1: there is no setting 'a/b: c'.", "config.toml:1: there is no setting 'a/b: c'."),
        ("/a/config.toml is not there: the defaults are used.", "config.toml is not there: the defaults are used."),
        (r"C:\a\config.toml:12: utc is true or false.", "config.toml:12: utc is true or false."),
        ("keys.fly: there is no such command.", "keys.fly: there is no such command."),
        ("without a place", "without a place"),
    ],
)
def test_in_short_a_complaint_names_the_file_without_its_path(complaint: str, short: str) -> None:
    assert in_short(complaint) == short
