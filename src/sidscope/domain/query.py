"""The query language of ``sidscope list`` and of the box: terms that must all hold, ``-`` negates one.

``status:active flow:NAME|FW… channel:whatsapp contact:+49… sender:… verdict:reentry anomaly:stuck outcome:failed``,
and bare SIDs, beginnings of SIDs, addresses or words. Quotes keep blanks together: ``flow:"Main menu"``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from operator import attrgetter
from unicodedata import normalize

from sidscope.domain.patterns import later
from sidscope.domain.record import OUTCOMES, Anomaly, Record, Verdict
from sidscope.domain.records import Channel
from sidscope.domain.sids import is_malformed_sid, is_sid, is_sid_prefix, sid_key, what_is_wrong
from sidscope.domain.value import value


class QueryError(ValueError):
    """A query that cannot be understood: one sentence, and where in the text the trouble begins."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


Test = Callable[[Record], bool]


@value
class Term:
    """One condition: ``key`` is empty for a bare SID, address or word."""

    key: str
    value: str
    negated: bool = False

    def test(self) -> Test:
        """What tells of a record whether it fulfils this term."""
        test = _TESTS[self.key](self.value)
        return (lambda record: not test(record)) if self.negated else test

    @property
    def about_outcome(self) -> bool:
        """Whether it depends on an outcome, which is known only where steps were read; the word alone counts too."""
        return self.key == "outcome" or (not self.key and self.value.lower() in OUTCOMES)


@value
class Query:
    """Terms that must all hold; without any, everything matches."""

    terms: tuple[Term, ...] = ()

    def test(self) -> Test:
        """What tells of a record whether it fulfils every term: made once, for a hundred thousand of them."""
        tests = [term.test() for term in self.terms]
        return tests[0] if len(tests) == 1 else lambda record: all(test(record) for test in tests)

    def matches(self, record: Record) -> bool:
        """Whether this one record fulfils every term."""
        return self.test()(record)

    @property
    def about_outcome(self) -> bool:
        """Whether any term is :attr:`Term.about_outcome`."""
        return any(term.about_outcome for term in self.terms)

    @property
    def but_outcome(self) -> Query:
        """What of it holds before steps are read: those that match it may match the whole once they are."""
        return Query(tuple(term for term in self.terms if not term.about_outcome))


def parse_query(text: str) -> Query:
    """The query that ``text`` means.

    Raises:
        QueryError: for an unknown key, a value that the key does not have, a malformed SID or an open quote.
    """
    return Query(tuple(_term(word, position) for word, position in _words(text)))


_WORD = later(r'-?(?:[A-Za-z_]+:)?"[^"]*"|\S+')
_KEYED = later(r"([A-Za-z_]+):(.*)", re.DOTALL)
_ADDRESS_PREFIXES = frozenset({"whatsapp", "messenger", "rcs", "client", "sip", "sips", "tel", "chat"})


def _words(text: str) -> Iterator[tuple[str, int]]:
    for match in _WORD.finditer(text):
        word = match.group()
        if word.count('"') % 2:
            raise QueryError(f"the quote in {word} is not closed", match.start())
        yield word, match.start()


def _term(word: str, position: int) -> Term:
    negated = word.startswith("-") and len(word) > 1
    word = word[1:] if negated else word
    keyed = _KEYED.fullmatch(word)
    if keyed and keyed[1].lower() not in _ADDRESS_PREFIXES and not word.startswith('"'):
        key, value = keyed[1].lower(), _unquote(keyed[2])
        return Term(key, _checked(key, value, position), negated)
    value = _unquote(word)
    if is_malformed_sid(value):
        raise QueryError(what_is_wrong(value), position)
    return Term("", value, negated)


def _unquote(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == '"' else text


def _checked(key: str, value: str, position: int) -> str:
    if key not in VALUES:
        raise QueryError(f"unknown term {key}: ({_known(key, VALUES)})", position)
    if not value:
        raise QueryError(f"{key}: needs a value", position)
    allowed = VALUES[key]
    if allowed and value.lower() not in allowed:
        raise QueryError(f"{key}: has no value {value} ({_known(value.lower(), allowed)})", position)
    if key == "flow" and is_malformed_sid(value):
        raise QueryError(what_is_wrong(value), position)
    return value.lower() if allowed else value


def _known(word: str, known: Iterable[str]) -> str:
    """The nearest of what there is, where one is near; then all."""
    from difflib import get_close_matches  # only where something is wrong

    near = get_close_matches(word[:80], known := list(known), n=1)
    meant = f"is {near[0]} meant? " if near else ""
    return f"{meant}there are {', '.join(known)}"


VALUES: dict[str, tuple[str, ...]] = {
    "status": ("active", "ended"),
    "flow": (),
    "channel": tuple(channel.value for channel in Channel),
    "contact": (),
    "sender": (),
    "verdict": tuple(verdict.value for verdict in Verdict),
    "anomaly": tuple(anomaly.value for anomaly in Anomaly),
    "outcome": OUTCOMES,
}
"""The keys there are, and for those with a fixed set of values, the values."""


def _bare(value: str) -> Test:
    """A bare term is a SID, the beginning of one, or a word in any case: in the record's own words or its SIDs."""
    if is_sid(value):
        whole = sid_key(value)
        return lambda record: any(sid_key(sid) == whole for sid in record_sids(record))
    prefix = value.upper() if is_sid_prefix(value) else ""
    folded = _folded(value)
    in_sids = bool(_PART_OF_SID.fullmatch(folded))

    @cache  # a hundred thousand executions have a few hundred of these words between them
    def says(word: str | None) -> bool:
        return word is not None and folded in _folded(word)

    def test(record: Record) -> bool:
        if (  # one by one, what is asked for most first: to look at a field takes as long as to ask
            says(record.flow_name)
            or says(record.status)
            or says(record.channel)
            or says(record.verdict)
            or says(record.outcome)
            or says(record.sender)
            or (record.anomalies and any(map(says, record.anomalies)))
        ):
            return True
        if record.contact and folded in _folded(record.contact):
            return True
        if record.initiated_by and folded in _folded(record.initiated_by):
            return True
        if in_sids and folded in "\n".join(filter(None, _SIDS(record))).lower():
            return True
        return bool(prefix) and any(sid_key(mention.sid).startswith(prefix) for mention in record.related_sids)

    return test


_SIDS = attrgetter(
    *("execution_sid", "flow_sid", "conversation_sid", "call_sid", "task_sid", "interaction_sid", "message_sid"),
    "group_key",
)
_PART_OF_SID = later(r"[a-z]{0,2}[0-9a-f]{0,32}")


def _folded(text: str) -> str:
    """The spelling that words are compared by: in any case, and the same however their accents are written."""
    return text.casefold() if text.isascii() else normalize("NFC", normalize("NFC", text).casefold())


def primary_sids(record: Record) -> Iterator[str]:
    """The SIDs that a record's own fields hold."""
    yield from filter(None, _SIDS(record))
    if record.initiated_by:
        yield record.initiated_by


def record_sids(record: Record) -> Iterator[str]:
    """Every SID that a record holds, related ones last."""
    yield from primary_sids(record)
    for mention in record.related_sids:
        yield mention.sid


def _flow(value: str) -> Test:
    if is_sid(value) or is_sid_prefix(value):
        return lambda record: sid_key(record.flow_sid).startswith(sid_key(value))
    return _contains(attrgetter("flow_name"), value)


def _contains(text_of: Callable[[Record], str | None], value: str) -> Test:
    folded = _folded(value)
    return lambda record: (text := text_of(record)) is not None and folded in _folded(text)


_TESTS: dict[str, Callable[[str], Test]] = {
    "": _bare,
    "status": lambda value: lambda record: record.status == value,
    "flow": _flow,
    "channel": lambda value: lambda record: record.channel == value,
    "contact": lambda value: _contains(attrgetter("contact"), value),
    "sender": lambda value: _contains(attrgetter("sender"), value),
    "verdict": lambda value: lambda record: record.verdict == value,
    "anomaly": lambda value: lambda record: value in record.anomalies,
    "outcome": lambda value: lambda record: (record.outcome or "unknown") == value,
}
