"""Movement: from Twilio to the archive. Knows nothing of screens; serves the explorer and the commands alike."""
