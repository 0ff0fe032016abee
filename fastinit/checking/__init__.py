"""``fastinit.check``: what weights do to the scale of activations and gradients, before anything is trained.

Nothing is imported here. Each module imports only those above it in the table.

=================== =======================================================================================
`activations`       every activation, its derivative, and where it saturates
`widening`          numbers of every dtype as float32 or float64
`units`             units of a layer that have the same weights
`tensors`           tensors of a safetensors file, mapped, not read
`model`             a stack of layers in every form that a caller may give it, checked
`files`             the same from a TOML file
`chaining`          a checkpoint's weights as one stack
`law_moments`       mean, standard deviation and kurtosis of what a scheme draws
`propagate`         data forward, gradients backward, and figures of each layer
`verdicts`          thresholds and their reasons: from figures to findings
`advice`            the reason and the remedy in words
`report`            the result for a stack of layers
`known_schemes`     what known schemes would give a tensor
`moments`           a tensor's figures in one pass
`fitting`           which law a tensor's values have, and what speaks against others
`special_matrices`  what is no draw of one law: orthogonal matrices, identities
`weights`           weights alone: which scheme would give them, and the result
`plot`              the result for a stack of layers as a figure
`command`           ``fastinit check`` itself
=================== =======================================================================================
"""
