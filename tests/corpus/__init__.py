"""Input files of every kind, each with what has to come of it.

`good` ones must load and look right, `bad` ones must be refused in words that match a pattern,
`damaged` ones may do either, as the codec decides, but nothing else.
"""
