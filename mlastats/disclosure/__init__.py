"""What the public may see: records are protected once, so that whatever is counted from them is.

- `keys`: each record has a secret key, fixed at first sight; a cell's key is the sum of its records' keys.
- `rounding`: what is published of a count, and of a share, a median or a mean that rests on so many.
- `gate`: the way of every public exhibit. Its declared counts are counted again over the table of record attributes
  (measure.attributes), and only what came this way, or what rule.csv derives from it, is let through.
- `claims`: a sentence is said where the true and the protected table both support it.

docs/disclosure-control.md says what this protects, and what it does not.
"""
