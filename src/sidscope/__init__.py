"""sidscope: from any Twilio SID to the whole story, in a terminal."""

__version__ = "0.1.0"
