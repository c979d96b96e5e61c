"""A simulated Twilio account: an ASGI app over a world generated from a seed, and alive.

:class:`~sidscope.demo.world.World` holds the customers' stories, :class:`~sidscope.demo.app.SimulatedAccount`
answers for it as Twilio does, ``python -m sidscope.demo`` serves it on a socket.
"""

from sidscope.demo.app import SimulatedAccount
from sidscope.demo.world import Login, World

__all__ = ["Login", "SimulatedAccount", "World"]
