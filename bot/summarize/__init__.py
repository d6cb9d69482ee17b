"""Articles condensed into bullets: sentences taken word for word, with their spans.

`bullets.condense` is the way in. Nothing here opens a file outside the package, a connection or a database, and nothing
is downloaded at run time.
"""
