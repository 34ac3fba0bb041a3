"""From a measure to an exhibit: one module a notebook."""
