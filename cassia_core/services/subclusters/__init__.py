"""Looking inside clusters."""
