from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest

from sidscope.twilio_api.throttle import CAP, START, Counters, Hold, Outcome, Permit, Throttle
from tests.support.virtualtime import run

# -- the state machine ------------------------------------------------------------------------------------------------


def take(hold: Hold, in_flight: int, now: float = 0.0) -> Permit:
    permit = hold.permit(in_flight, now)
    assert permit is not None
    return permit


def settled(at: int, now: float = 0.0) -> Hold:
    """A hold that has learnt that ``at`` is the server's limit."""
    hold = Hold(start=at + 1, cap=CAP)
    hold.refused(take(hold, at, now), now)
    assert hold.limit == at
    return hold


def test_starts_with_ten_and_grows_by_one_for_each_answer_while_all_places_are_taken() -> None:
    hold = Hold()
    assert hold.limit == START
    permits = [take(hold, n) for n in range(START)]
    assert hold.permit(START, 0.0) is None
    for permit in permits:
        hold.answered(permit, 0.0, START - 1)  # a place was free
    assert hold.limit == START
    for permit in permits:
        hold.answered(permit, 0.0, hold.limit)
    assert hold.limit == 2 * START


def test_grows_no_further_than_its_cap() -> None:
    hold = Hold(cap=12)
    for _ in range(20):
        hold.answered(take(hold, hold.limit - 1), 0.0, hold.limit)
    assert hold.limit == 12


@pytest.mark.parametrize(("cap", "limit"), [(1, 1), (0, 1), (5, 5), (50, 10)])
def test_starts_no_higher_than_its_cap(cap: int, limit: int) -> None:
    assert Hold(cap=cap).limit == limit


def test_the_first_refusal_proves_the_limit() -> None:
    hold = Hold(start=30)
    hold.refused(take(hold, 25), 0.0)
    assert hold.limit == 25


def test_refusals_of_what_was_sent_before_prove_nothing_new() -> None:
    hold = Hold(start=30)
    permits = [take(hold, n) for n in (25, 26, 27, 20)]
    for permit in permits:
        hold.refused(permit, 0.0)
    assert hold.limit == 25


def test_a_probe_comes_after_a_second_and_only_if_somebody_waits() -> None:
    hold = settled(20)
    assert hold.permit(20, 0.9) is None
    assert hold.permit(19, 1.5) is not None
    assert hold.limit == 20
    assert hold.permit(20, 1.5) is not None
    assert hold.limit == 21


def test_probes_that_are_answered_grow_at_once() -> None:
    hold = settled(20)
    limits = []
    for _ in range(6):
        permit = take(hold, hold.limit, 1.0)
        while permit.ahead + 1 < hold.limit:
            permit = take(hold, permit.ahead + 1, 1.0)
        hold.answered(permit, 1.0, 1)
        limits.append(hold.limit)
    assert limits == [21, 23, 27, 35, 43, 50]


def test_a_refused_probe_restores_and_doubles_the_wait() -> None:
    hold, now, waits = settled(20), 0.0, []
    for _ in range(6):
        began = now
        while (permit := hold.permit(20, now)) is None:
            now += 0.25
        waits.append(now - began)
        hold.refused(permit, now)
        hold.answered(take(hold, 0, now), now, 1)
        assert hold.limit == 20
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 16.0]


def test_a_refusal_that_was_no_probes_fault_cuts_by_a_tenth_and_by_more_until_something_is_answered() -> None:
    hold = settled(40)
    before = take(hold, 38)
    limits = []
    for now in (0.1, 0.2, 0.3, 0.4):
        hold.refused(take(hold, hold.limit - 1, now + 1), now)
        limits.append(hold.limit)
    assert limits == [36, 25, 12, 6]  # a tenth, three, a half
    hold.answered(before, 1.5, 1)  # sent before all that: it proves nothing
    hold.refused(take(hold, 5, 2.0), 2.0)
    assert hold.limit == 3
    hold.answered(take(hold, 0, 3.0), 3.0, 1)
    hold.refused(take(hold, 2, 3.1), 3.1)
    assert hold.limit == 2


def test_under_a_limit_that_was_cut_two_are_sent_until_one_is_answered() -> None:
    hold = settled(20)
    hold.refused(take(hold, 19), 0.0)
    assert hold.limit == 18
    assert hold.permit(18, 0.1) is None
    trial = take(hold, 10, 0.1)
    take(hold, 11, 0.1)
    assert hold.permit(12, 0.1) is None  # there would be room
    hold.answered(trial, 0.2, 12)
    for in_flight in range(11, 18):
        take(hold, in_flight, 0.2)


def test_a_trial_that_nobody_answers_holds_up_nobody_for_long() -> None:
    hold = settled(20)
    hold.refused(take(hold, 19), 0.0)
    take(hold, 10, 0.1)
    take(hold, 11, 0.1)
    assert hold.permit(12, 0.9) is None
    take(hold, 0, 0.9)  # nothing else is under way
    take(hold, 12, 1.0)


def test_no_more_are_allowed_than_were_ahead_of_a_refused_one() -> None:
    hold = settled(40)
    hold.refused(take(hold, 3, 0.3), 0.3)  # refused with three ahead: there cannot be more than three
    assert hold.limit == 3


def test_it_never_closes_for_good() -> None:
    hold = settled(2)
    for now in range(50):
        hold.refused(take(hold, 0, 10.0 * now), 10.0 * now)
    assert hold.limit == 1


def test_three_refusals_in_a_row_close_the_gate_for_a_while() -> None:
    hold = settled(20)
    closures = []
    for n in range(8):
        now = 10.0 * n
        hold.refused(take(hold, 0, now), now)
        closures.append(round(max(0.0, hold.closed_until - now), 2))
    assert closures == [0.0, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0]
    assert hold.permit(0, 70.9) is None
    hold.answered(take(hold, 0, 71.0), 71.0, 1)
    hold.refused(take(hold, 0, 71.0), 71.0)
    assert hold.closed_until <= 71.0


def test_knows_since_when_nothing_got_through() -> None:
    hold = settled(20, now=5.0)
    assert hold.refused_since == 5.0
    hold.refused(take(hold, 0, 9.0), 9.0)
    assert hold.refused_since == 5.0
    hold.answered(take(hold, 0, 10.0), 10.0, 1)
    assert hold.refused_since is None


# -- against a simulated server, in virtual time ----------------------------------------------------------------------

SERVICE, REFUSAL = 0.05, 0.005  # seconds: mean time to an answer, to a 429


@dataclass
class Course:
    seconds: float
    refused: int
    limit: int


async def simulate(limit_at: Callable[[float], int], requests: int, seed: int = 1, cap: int = CAP) -> Course:
    """Send so many requests through a throttle to a server with that concurrency limit; all get through."""
    time = asyncio.get_running_loop().time
    chance = Random(seed)  # noqa: S311
    counters = Counters()
    hold = Hold(cap=cap)
    throttle = Throttle(hold, counters, time, asyncio.sleep)
    busy = refused = 0

    async def one() -> None:
        nonlocal busy, refused
        tries = 0
        while True:
            permit = await throttle.enter(again=tries > 0)
            if busy >= limit_at(time()):
                await asyncio.sleep(REFUSAL)
                throttle.leave(permit, Outcome.REFUSED)
                refused += 1
                tries += 1
                await asyncio.sleep(chance.uniform(0.0, min(8.0, 0.1 * 2**tries)))
                continue
            busy += 1
            await asyncio.sleep(SERVICE * chance.lognormvariate(0.0, 0.3))
            busy -= 1
            throttle.leave(permit, Outcome.ANSWERED)
            return

    await asyncio.gather(*(one() for _ in range(requests)))
    assert counters.in_flight == 0
    return Course(time(), refused, counters.limit)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("limit", "requests"), [(8, 800), (25, 2000), (40, 2000)])
def test_a_standing_limit_is_found_and_kept(limit: int, requests: int, seed: int) -> None:
    course = run(simulate(lambda _: limit, requests, seed))
    oracle = requests * SERVICE * 1.046 / limit  # 1.046: the mean of the lognormal
    assert course.limit == limit
    assert oracle / course.seconds >= 0.93
    assert course.refused / requests <= 0.01


def test_a_limit_that_falls_and_rises_is_followed() -> None:
    course = run(simulate(lambda time: 40 if int(time / 2) % 2 == 0 else 12, 4000))
    oracle = 4000 * SERVICE * 1.046 / 26
    assert oracle / course.seconds >= 0.60
    assert course.refused / 4000 <= 0.025


def test_without_a_limit_the_cap_holds() -> None:
    course = run(simulate(lambda _: 1000, 500, cap=20))
    assert course == Course(course.seconds, 0, 20)


# -- the gate ---------------------------------------------------------------------------------------------------------


def gate(limit: int) -> tuple[Throttle, Counters, Hold]:
    counters, hold = Counters(), Hold(start=limit, cap=limit)
    return Throttle(hold, counters, asyncio.get_running_loop().time, asyncio.sleep), counters, hold


async def ticks(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_first_come_first_served_but_the_refused_before_the_untried() -> None:
    async def main() -> list[str]:
        throttle, _, _ = gate(1)
        served: list[str] = []

        async def one(name: str, again: bool) -> None:
            permit = await throttle.enter(again=again)
            served.append(name)
            throttle.leave(permit, Outcome.ANSWERED)

        first = await throttle.enter()
        tasks = [asyncio.create_task(one(n, n == "refused")) for n in ("a", "b", "refused", "c")]
        await ticks()
        throttle.leave(first, Outcome.ANSWERED)
        await asyncio.gather(*tasks)
        return served

    assert run(main()) == ["refused", "a", "b", "c"]


def test_whoever_gives_up_waiting_leaves_no_hole() -> None:
    async def main() -> None:
        throttle, counters, _ = gate(1)
        first = await throttle.enter()
        waiting = [asyncio.create_task(throttle.enter()) for _ in range(3)]
        await ticks()
        waiting[0].cancel()
        throttle.leave(first, Outcome.UNKNOWN)  # lets the second in …
        waiting[1].cancel()  # … which is cancelled before it learns of it
        await ticks()
        assert waiting[2].done()
        assert counters.in_flight == 1
        throttle.leave(waiting[2].result(), Outcome.ANSWERED)
        assert counters.in_flight == 0

    run(main())


def test_a_closed_gate_opens_by_itself() -> None:
    async def main() -> float:
        throttle, counters, hold = gate(5)
        for _ in range(4):
            throttle.leave(await throttle.enter(), Outcome.REFUSED)
        assert hold.closed_until == pytest.approx(asyncio.get_running_loop().time() + 0.04)
        permit = await throttle.enter()
        assert counters.in_flight == 1
        throttle.leave(permit, Outcome.ANSWERED)
        assert throttle.refused_for() == 0.0
        return asyncio.get_running_loop().time()

    assert run(main()) == pytest.approx(0.06)


def test_closing_wakes_nobody_and_leaves_no_task_behind() -> None:
    async def main() -> None:
        throttle, _, _ = gate(5)
        for _ in range(4):
            throttle.leave(await throttle.enter(), Outcome.REFUSED)
        waiting = asyncio.create_task(throttle.enter())
        await ticks()
        throttle.close()
        waiting.cancel()
        await ticks()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())
