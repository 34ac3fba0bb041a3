"""Pure measures on the requests table: tidy frames in, tidy frames out, always at an as-of date."""
