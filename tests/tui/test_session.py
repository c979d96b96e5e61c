"""The state of the explorer, without a screen: what is let in, what is held back, where the cursor stays."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sidscope.domain.query import parse_query
from sidscope.domain.record import Record
from sidscope.domain.value import replace
from sidscope.tui.arrangement import arrange
from sidscope.tui.folds import FoldRule
from sidscope.tui.groups import Kind, Place, record_key
from sidscope.tui.ordering import Grouping
from sidscope.tui.plan import LATE_AT_MOST, SLICE, Order, Plan
from sidscope.tui.session import Change, Session
from tests.tui.samples import many, record, sid


def on(number: int) -> Place:
    return Place(Kind.RUN, sid("FN", number).upper())


def started(records: list[Record], at: int) -> Session:
    """A session whose user has moved the cursor to line ``at``."""
    session = Session()
    session.apply(records)
    session.move_to(at)
    return session


def numbers(session: Session) -> list[int]:
    return [int(line.record.execution_sid[2:4], 16) for line in session.lines if line.kind is Kind.RUN]


def test_until_the_user_moves_the_cursor_rests_on_the_first_line() -> None:
    session = Session()
    session.apply(many([20]))
    session.apply(many([10, 30]))
    assert session.cursor == on(10)


def test_what_would_appear_above_the_cursor_is_counted_and_what_lies_below_comes_in() -> None:
    session = started(many([10, 20, 30]), at=1)
    change = session.apply(many([5, 25, 35]))
    assert numbers(session) == [10, 20, 25, 30, 35]
    assert session.held == 1
    assert change.held
    assert not change.cursor


def test_letting_in_shows_it_and_the_cursor_stays_on_its_execution() -> None:
    session = started(many([10, 20]), at=1)
    session.apply(many([5, 6]))
    change = session.let_in()
    assert numbers(session) == [5, 6, 10, 20]
    assert session.cursor == on(20)
    assert session.held == 0
    assert change.lines
    assert not change.cursor


def test_moving_to_the_top_lets_in_and_from_then_on_arrivals_come_in_at_once() -> None:
    session = started(many([10, 20]), at=1)
    session.apply(many([5]))
    session.move_to(0)
    assert numbers(session) == [5, 10, 20]
    session.apply(many([4]))
    assert numbers(session) == [4, 5, 10, 20]
    assert session.cursor == on(10)


def test_a_reentry_on_the_conversation_under_the_cursor_is_held_back_too() -> None:
    session = started([record(20, group=1), *many([30, 40])], at=0)
    session.move_to(1)
    session.move_to(0, -1)
    session.following = False
    session.apply([record(5, group=1, reentry_number=1)])
    assert session.held == 1
    assert numbers(session) == [20, 30, 40]


def test_what_changes_on_a_known_execution_shows_at_once() -> None:
    session = started(many([10, 20]), at=1)
    session.apply([replace(record(10), verdict="unexplained")])
    assert session.lines[0].record.verdict == "unexplained"
    assert session.held == 0


def test_the_cursor_follows_an_execution_that_joins_a_group() -> None:
    session = started([record(10, group=1), record(20), record(30)], at=1)
    session.apply([replace(record(20), group_key=sid("CH", 1))])
    assert session.cursor == on(20)
    assert session.index == 1  # group line, execution 20, gap or execution 10


def test_held_counts_only_what_the_filter_lets_through() -> None:
    session = started(many([10, 20]), at=1)
    session.arrange(matches=parse_query("channel:whatsapp").matches)
    session.move_to(1)
    session.apply([record(5), replace(record(6), channel="sms", contact="+491511")])
    assert session.held == 1


def test_the_row_being_looked_at_stays_even_if_it_no_longer_passes_the_filter() -> None:
    session = started([record(10, status="active"), record(20, status="active")], at=1)
    session.arrange(matches=parse_query("status:active").matches)
    session.apply([record(20), record(10)])
    assert numbers(session) == [20]
    session.arrange(matches=session.matches)
    assert numbers(session) == []
    assert session.cursor is None


def test_regrouping_by_flow_opens_the_flow_that_the_cursor_is_in() -> None:
    session = started(many([10, 20, 30]), at=1)
    session.arrange(Grouping.FLOW)
    assert session.cursor == on(20)
    assert session.index is not None
    session.arrange(Grouping.CONVERSATION)
    assert session.cursor == on(20)


def test_folding_takes_the_cursor_to_the_group_and_unfolding_shows_the_executions_again() -> None:
    session = started([record(10, group=1), record(20, group=1, reentry_number=1), record(30)], at=1)
    session.fold(True)
    assert session.cursor == Place(Kind.GROUP, sid("CH", 1))
    assert len(session.lines) == 2
    session.fold(False)
    assert len(session.lines) > 2


def test_a_plan_built_elsewhere_misses_nothing_that_came_meanwhile() -> None:
    session = started(many([10, 20]), at=1)
    plan = session.plan(Grouping.NONE)
    session.apply([*many([30]), replace(record(10), verdict="reentry")])
    session.adopt(plan.build())
    assert numbers(session) == [10, 20, 30]
    assert session.lines[0].record.verdict == "reentry"


def test_of_two_plans_the_later_one_counts() -> None:
    session = started(many([10, 20]), at=1)
    early = session.plan(matches=parse_query("channel:sms").matches)
    late = session.plan()
    session.adopt(late.build())
    assert not session.adopt(early.build())
    assert numbers(session) == [10, 20]


def test_a_plan_made_ahead_is_the_next_grouping_with_all_that_came_since() -> None:
    session = started(many([10, 20]), at=1)
    ahead = session.plan_ahead()
    session.built_ahead(ahead.build())
    session.apply([*many([30, 5]), replace(record(10), verdict="reentry")])
    assert session.held == 1
    plan = session.plan(Grouping.CONTACT)
    assert plan is ahead
    session.adopt(plan)
    assert session.grouping is Grouping.CONTACT
    assert numbers(session) == [5, 10, 20, 30]
    assert session.lines[1].record.verdict == "reentry"


def test_a_plan_made_ahead_is_not_taken_for_another() -> None:
    session = started(many([10, 20]), at=1)
    ahead = session.plan_ahead()
    session.built_ahead(ahead.build())
    matches = parse_query("verdict:reentry").matches
    assert session.plan(Grouping.CONTACT, matches) is not ahead
    assert session.plan(Grouping.FLOW) is not ahead
    session.arrange(Grouping.CONVERSATION)
    assert session.plan_ahead() is ahead
    session.apply([record(number) for number in range(1, LATE_AT_MOST + 30)])
    assert session.plan_ahead() is not ahead  # too much has come since


def test_what_was_made_ahead_and_is_not_wanted_any_more_is_taken_apart() -> None:
    session = started([record(10, group=1), record(20, group=1)], at=1)
    ahead = session.plan_ahead()
    built = ahead.build().built
    session.arrange(Grouping.NONE)
    other = session.plan_ahead()
    session.built_ahead(ahead)
    session.let_go()
    assert other is not ahead
    assert built is not None
    assert list(built.groups()) == []


def test_what_is_on_screen_before_its_maker_says_that_it_is_built_stays_there() -> None:
    session = started(many([10, 20]), at=1)
    ahead = session.plan_ahead()
    ahead.build()
    session.adopt(session.plan(Grouping.CONTACT))
    session.built_ahead(ahead)
    session.let_go()
    assert numbers(session) == [10, 20]


def test_a_plan_that_a_later_one_took_the_place_of_is_not_made_any_further() -> None:
    session = started(many([10, 20]), at=1)
    asked = 0

    def matches(record: Record) -> bool:
        nonlocal asked
        asked += 1
        session.plan()  # somebody types on
        return True

    plan = session.plan(matches=matches)
    plan.order = Order(list(session.records.values()) * SLICE)
    assert plan.build().built is None
    assert asked == SLICE
    assert session.adopt(plan) == Change()


def test_a_plan_that_a_later_one_took_the_place_of_is_taken_apart() -> None:
    session = started(many([10, 20]), at=1)
    early = session.plan(Grouping.NONE)
    built = early.build().built
    session.adopt(session.plan(Grouping.FLOW).build())
    assert not session.adopt(early)
    session.let_go()
    assert built is not None
    assert list(built.groups()) == []
    assert session.grouping is Grouping.FLOW


def test_a_filter_that_hides_nothing_leaves_what_is_on_screen_and_what_comes_later_is_filtered() -> None:
    session = started(many([10, 20]), at=1)
    shown = session.lines
    plan = session.plan(matches=parse_query("-verdict:reentry").matches)
    session.apply([replace(record(30), verdict="reentry"), record(40)])
    session.adopt(plan.build())
    session.let_go()
    assert numbers(session) == [10, 20, 40]
    assert list(shown) == list(session.lines)
    session.arrange()
    assert numbers(session) == [10, 20, 30, 40]


def test_going_to_a_held_execution_lets_that_one_in() -> None:
    session = started(many([10, 20]), at=1)
    session.apply(many([4, 5]))
    session.go_to(sid("FN", 5).upper())
    assert session.cursor == on(5)
    assert numbers(session) == [5, 10, 20]
    assert session.held == 1


def in_fold(session: Session, place: Place) -> bool:
    """Whether the cursor is on the folded group that holds this execution now."""
    line = session.lines[session.index or 0]
    return line.kind is Kind.GROUP and line.group.folded and place.key in map(record_key, line.group.records)


filters = st.sampled_from(["", "verdict:reentry", "-verdict:reentry", "fn"])  # the last one lets all pass
steps = st.lists(
    st.one_of(
        st.tuples(st.just("apply"), st.lists(st.tuples(st.integers(1, 60), st.integers(0, 5)), max_size=8)),
        st.tuples(st.just("move"), st.integers(-5, 70)),
        st.tuples(st.just("fold"), st.sampled_from([True, False, None])),
        st.tuples(st.just("fold_all"), st.booleans()),
        st.tuples(st.just("group"), st.sampled_from(Grouping)),
        st.tuples(st.just("filter"), filters),
        st.tuples(st.just("plan"), st.tuples(st.sampled_from([None, *Grouping]), filters)),
        st.tuples(st.just("adopt"), st.booleans()),
        st.tuples(st.just("let_in"), st.none()),
        st.tuples(st.just("ahead"), st.booleans()),
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=200)
@example([("apply", [(1, 1)]), ("group", Grouping.CONVERSATION), ("apply", [(26, 0), (26, 1)])])
@example([("apply", [(1, 0)]), ("plan", (None, "")), ("group", Grouping.CONVERSATION), ("adopt", False)])
@given(steps=steps)
def test_whatever_happens_the_cursor_stands_on_a_line_and_never_leaves_it_by_itself(
    steps: list[tuple[str, object]],
) -> None:
    session = started(many([15, 25, 35]), at=1)
    plans: list[Plan] = []
    for what, value in steps:
        before = session.cursor
        match what, value:
            case "apply", list():
                made = [
                    record(number, group=group or None, verdict="reentry" if number % 3 == 0 else "first_seen")
                    for number, group in value
                ]
                session.apply(made)
                if before is not None and before.kind is Kind.RUN and session.cursor != before:
                    assert in_fold(session, before)
            case "move", int():
                session.move_to(value)
            case "fold", (bool() | None) as folded:
                session.fold(folded)
            case "fold_all", bool():
                session.fold_all(value)
            case "group", Grouping():
                session.arrange(value, session.matches)
            case "filter", str():
                session.arrange(matches=parse_query(value).matches if value else None)
            case "plan", ((None | Grouping()) as grouping, str() as query):
                plans.append(session.plan(grouping, parse_query(query).matches if query else None))
            case "adopt", bool() as newest:
                if plans:
                    session.adopt(plans.pop(-1 if newest else 0).build())
                    session.let_go()
            case "ahead", bool() as built:
                plan = session.plan_ahead()
                if built:
                    session.built_ahead(plan.build())
            case "let_in", _:
                session.let_in()
                if before is not None and before.kind is Kind.RUN and session.cursor != before:
                    assert in_fold(session, before)
        if session.lines:
            assert session.cursor is not None
            assert session.index is not None
            assert session.lines[session.index].place == session.cursor
        else:
            assert session.cursor is None
        passing = [each for each in session.records.values() if session.matches is None or session.matches(each)]
        if not plans:
            assert all(record_key(each) in session._arrangement for each in passing)
        if session.matches is None and not plans:
            folds = FoldRule()
            folds.be(session.folds()[session.grouping])
            fresh = arrange(session.records.values(), session.grouping, folds).lines
            assert [line.place for line in session.lines] == [line.place for line in fresh]
        arranged = {line.record.execution_sid for line in session.lines if line.kind is Kind.RUN}
        assert arranged <= {each.execution_sid for each in session.records.values()}
        assert not session.records.keys() & session.pending.keys()
