"""What each tensor of a model gets, and many tensors filled at once.

`checkpoints`, `checking` and the command line call it; it imports `schemes`, `filling`, `laws` and `common`.

================== =====================================================================
`batch`            `fastinit.initialize`: many arrays in one parallel loop
`overlaps`         arrays that share memory, refused
`rules`            from rules to one scheme for each name
`distinct_schemes` the schemes that rules name, each once
`nests`            nested arrays by one name each
`patterns`         which of many patterns is the first that matches a name
`part`             `fastinit.part`: a part of a tensor as a value
`plain`            schemes as plain data, as TOML has them
`plan`             plans: what each tensor is to be (`values_as_text`: given values in them)
`assigning`        plans of bare shapes, and changed by rules
`hand_written`     plans written by hand (`ranges`: names with ranges)
`rule_text`        rules as they stand on a command line
`families`         what a Hugging Face configuration says of a model's tensors
`models`           models by name
================== =====================================================================
"""
