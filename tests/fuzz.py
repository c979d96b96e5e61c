"""Fuzzing of whatever reads strangers' text, for as long as one likes: ``python -m tests.fuzz --seconds 60 --seed 1``.

The seeds count upwards from the first one, so a run is repeated by its seed; what fails is printed with it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sidscope.domain.changes import changes
from sidscope.domain.evidence import extract
from sidscope.domain.facts import facts_from_json, facts_to_json
from sidscope.domain.liquid import liquid_of
from sidscope.domain.masking import Masker
from sidscope.domain.query import QueryError, parse_query
from sidscope.domain.records import Execution
from sidscope.domain.spelling import as_query, one_thing
from sidscope.safetext import csv_cell, mask_address, safe, width
from sidscope.tui.completion import Vocabulary
from sidscope.tui.json_tree import JsonTree
from sidscope.tui.raw_json import raw_lines
from sidscope.veil import hide_addresses, hide_body
from tests.domain.test_properties import BODIES, ROWS
from tests.tui.samples import record

EXAMPLES = 100  # for each seed
PIECES = [
    *("status:", "flow:", "contact:", "verdict:", "anomaly:", "channel:", "-", '"', ":", " ", "active", "whatsapp:+49"),
    *(
        "+4915112345678",
        "CH" + "a" * 32,
        "FN",
        "\x1b[31m",
        "\u202e",
        "a\u0301",
        "👩‍👩‍👧",
        "{{",
        "}}",
        "\\",
        "'",
        "\x00",
        "\n",
        "=",
    ),
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=12).map("".join)


@given(ROWS, BODIES, st.booleans())
def contexts(row: Execution, body: Any, read: bool) -> None:
    facts = extract(row, body, read=read)
    assert facts_from_json(facts_to_json(facts)) == facts
    tree = JsonTree(body)
    for number in range(len(tree.nodes)):
        tree.value_text(number)
        liquid_of(body, tree.nodes[number].path)
    tree.fold_all(False)
    raw_lines(tree)
    tree.matches("a")
    assert changes(body, json.loads(json.dumps(body))).total == 0
    hidden = hide_body(body)
    assert hide_body(hidden) == hidden
    Masker().body(json.dumps({"context": body}), "/x", 200)


@given(BODIES, BODIES)
def two_contexts(before: Any, after: Any) -> None:
    there, back = changes(before, after), changes(after, before)
    assert there.total == back.total


@given(TEXTS)
def queries(text: str) -> None:
    one = record(1, flow_name=text, contact=text)
    try:
        parse_query(text).matches(one)
    except QueryError as error:
        if not 0 <= error.position <= len(text):
            raise
    one_thing(text)
    as_query(text)
    Vocabulary(lambda: [one]).choices(text)


@given(TEXTS)
def texts(text: str) -> None:
    shown = safe(text)
    assert safe(shown) == shown
    assert width(shown) >= 0
    assert mask_address(mask_address(text)) == mask_address(text)
    assert hide_addresses(hide_addresses(text)) == hide_addresses(text)
    csv_cell(text)


TARGETS: tuple[Callable[[], None], ...] = (contexts, two_contexts, queries, texts)


def main() -> int:
    """Fuzzes until the time is over; 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    until, number, ran = time.monotonic() + options.seconds, options.seed, 0
    how = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    targets = [how(fuzz) for fuzz in TARGETS]
    while time.monotonic() < until:
        for fuzz in targets:
            random.seed(number)
            try:
                seed(number)(fuzz)()
            except BaseException:
                sys.stderr.write(f"found with --seed {number}, in {fuzz.__name__}\n")
                raise
            ran += EXAMPLES
        number += 1
    sys.stdout.write(f"{ran:,} examples, seeds {options.seed} to {number - 1}: nothing found\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
