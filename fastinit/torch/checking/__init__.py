"""``fastinit.check`` for a torch.nn.Module: what its initial weights do to data and gradients, seen by running it.

`fastinit.check` imports it by name when it is given a module; nothing else does. Each module imports only those above
it in the table.

============== ====================================================================================
`statistics`   figures of tensors, gathered while a module runs
`isolation`    what is kept of a module and of the process, and put back
`functions`    activations as operations: where their outputs are flat
`attention`    softmaxes: how even the shares are
`recording`    a forward pass, watched: a record for each layer and activation
`batches`      the caller's batch, or one that is made here
`entry`        all checks of what is given, for both functions
`objective`    what gradients are of
`equal_units`  units that nothing tells apart
`passes`       forward and back, and again after zero-initialized ends have moved
`judging`      thresholds and their reasons: from figures to findings
`wording`      reason and notes
`calibrating`  factors that give each layer's outputs one width
`weights_at`   which weights a fault is about, and the scheme for them
`remedies`     what to do, tried before it is offered
`report`       the result
`checkup`      all of it
`calibration`  `fastinit.calibrate` for a module
============== ====================================================================================
"""
