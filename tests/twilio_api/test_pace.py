"""Answers that come together are dealt with a few in each turn of the event loop."""

from __future__ import annotations

import asyncio
from itertools import chain

from sidscope.twilio_api.pace import AT_ONCE, Pace


async def turns(pace: Pace, many: int, cancelled: frozenset[int] = frozenset()) -> list[list[int]]:
    """Who passed in which turn of the loop, when so many came at once; some are cancelled before they can."""
    passed: list[list[int]] = [[]]

    async def comes(number: int) -> None:
        await pace.turn()
        passed[-1].append(number)

    tasks = [asyncio.create_task(comes(number)) for number in range(many)]
    await asyncio.sleep(0)
    for number in cancelled:
        tasks[number].cancel()
    while not all(task.done() for task in tasks):
        passed.append([])
        await asyncio.sleep(0)
    return [each for each in passed if each]


async def test_few_pass_at_once() -> None:
    assert await turns(Pace(), AT_ONCE) == [list(range(AT_ONCE))]


async def test_of_many_so_many_pass_in_each_turn_in_their_order() -> None:
    pace = Pace()
    for _ in range(2):  # and again when all was quiet
        seen = await turns(pace, 3 * AT_ONCE + 1)
        assert [len(each) for each in seen] == [AT_ONCE, AT_ONCE, AT_ONCE, 1]
        assert list(chain.from_iterable(seen)) == list(range(3 * AT_ONCE + 1))


async def test_who_gives_up_keeps_nobody_waiting() -> None:
    gone = frozenset(range(AT_ONCE, 2 * AT_ONCE))
    seen = await turns(Pace(), 3 * AT_ONCE, gone)
    assert list(chain.from_iterable(seen)) == [number for number in range(3 * AT_ONCE) if number not in gone]
