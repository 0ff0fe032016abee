"""Real models as their users initialize them: names and shapes at small widths, the author's laws, one rule table.

A module for each model, read by tests/test_model_rules.py. In each:

- ``RULES``: the rule table, as short as it can be. It is documentation too.
- ``TENSORS``: name, shape and law of every parameter, taken from the model's public code (the module's docstring says
  from which), in the notation of `facts.tensors`. Tied names are left out.
- ``LAWS``: what the author's code makes of each kind of tensor, by formulas that owe nothing to the rules.
- ``STAGE``: a pattern for the names that one stage of a pipeline, or one rank, would hold.
- ``SEP``: the separator, where the model's parameters come as nested mappings.
"""
