"""What users call by name, and the register of all of it.

`plans`, `checking` and `bench` call it; it imports `filling`, `laws` and `common`.

================================== ==============================================================
`register`                         from a rule to a public function, and `get`
`parameters`                       a configured scheme's own, kept so that nobody can change them
`wording`                          what the docstrings of all schemes share
`varied`                           laws whose numbers differ from element to element
`basic`, `constant`                laws that are the same for every shape
`scaled`, `glorot_he`              laws scaled by the fans
`diagonal`, `orthogonal`, `sparse` more than a law: elements placed after it
`choices`                          what the literature has: the tables of the next
`gates`                            of recurrent layers, blocks of one tensor
`recommendation`                   which scheme to take for what, and who says so
================================== ==============================================================
"""
