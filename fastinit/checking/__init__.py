"""``fastinit.check``: what weights do to the scale of activations and gradients, before anything is trained.

Nothing is imported here. Each module imports only those above it in the table.

=================== =======================================================================================
`activations`       every activation, its derivative, and where it saturates
`widening`          numbers of every dtype as float32 or float64
`functions`         a function of the caller's as one
`norms`             normalization, and gradients through it
`network`           what a stack consists of: layers and residual blocks
`layer_fields`      one layer from a mapping of its fields
`model`             a stack in every form that a caller may give it, checked
`units`             units of a layer that have the same weights
`sides`             units that are equal in what comes in and in what goes out
`tensors`           tensors of a safetensors file, mapped, not read
`files`             a stack from a TOML file, or a file's tensors
`chaining`          a checkpoint's weights as one stack
`given`             arguments that `check` and `calibrate` have in common
`law_moments`       mean, standard deviation and kurtosis of what a scheme draws
`histograms`        the shape of a layer's values, whatever their scale
`products`          of matrices, on threads that yield
`correlations`      convolutions and dense layers, forward and back
`figures`           what one step does to the data, in numbers
`propagate`         data forward and gradients back through all steps
`verdicts`          thresholds and their reasons: from figures to findings
`phase`             how deep a signal can go, by mean-field theory
`naming`            several layers in a few words
`beginnings`        layers whose weights are the same numbers
`advice`            the reason in words, and what looks odd and is meant
`calibrating`       weights scaled, layer by layer, to one width on a batch
`calibration`       `fastinit.calibrate`
`remedies`          what to do, tried before it is offered
`table`             rows of a report, in the width that there is
`drawing`           what both pictures share: colours, heights of ridges, the axis of scales
`panels`            the figure's panels: ridges, and lines of scales
`plot`              the result for a stack of layers as a figure
`sketches`          drawings in the cells of the page's table
`page_style`        the page's style sheet
`page`              a result as one page of HTML
`plain_data`        results as plain data, for JSON
`report`            the result for a stack of layers
`known_schemes`     what known schemes would give a tensor
`moments`           a tensor's figures in one pass
`fitting`           which law a tensor's values have, and what speaks against others
`special_matrices`  what is no draw of one law: orthogonal matrices, identities
`weights_report`    the result for weights alone
`weights`           weights alone: which scheme would give them
`command`           ``fastinit check`` itself
=================== =======================================================================================
"""
