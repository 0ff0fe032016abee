"""What each tensor of a model gets, and many tensors filled at once.

`checkpoints`, `checking` and the command line call it; it imports `schemes`, `filling`, `laws` and `common`.

========== ==============================================================
`batch`    `fastinit.initialize`: many arrays in one parallel loop
`overlaps` arrays that share memory, refused
`rules`    from rules to one scheme for each name
`nests`    nested arrays by one name each
`patterns` which of many patterns is the first that matches a name
`part`     `fastinit.part`: a part of a tensor as a value
`plain`    schemes as plain data, as TOML has them
`models`   architectures by name
========== ==============================================================
"""
