"""Unpickle models, and nothing else: a pickle calls whatever it may name.

Digests and signatures say who wrote a model. The lists here bound what a model can do if they are forged, or their keys
stolen. It can name estimators, arrays and trees, no function that runs a command, reads a file or evaluates text. It
can call what it names, not an object that it has made; and it can set attributes of what it has made, but replace no
method and no class's attribute.
"""
