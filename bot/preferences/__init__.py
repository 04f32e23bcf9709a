"""What servers and people decided: settings that come before the host's defaults."""
