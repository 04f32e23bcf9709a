"""What servers and people decided: settings that come before the host's defaults.

The host's limits always win: they are applied whenever settings are read, so that a host who
lowers one need not look at what servers and people have stored. Imports no discord.
"""

from backend.preferences.model import PersonSettings, ServerSettings
from backend.preferences.preferences import Preferences

__all__ = ["PersonSettings", "Preferences", "ServerSettings"]
