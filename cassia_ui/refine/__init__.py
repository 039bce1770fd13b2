"""The page Refine: further opinions on clusters."""
