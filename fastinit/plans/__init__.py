"""What each tensor of a model gets, and many tensors filled at once.

`checkpoints`, `checking` and the command line call it; it imports `schemes`, `filling`, `laws` and `common`.

======== ==============================================================
`rules`  from patterns and schemes to one scheme for each name
`batch`  `fastinit.initialize`: many arrays in one parallel loop
`models` architectures by name
======== ==============================================================
"""
