"""Files of weights. `writer` makes new ones in the safetensors format.

The command line calls it; it imports `plans`, `filling`, `laws` and `common`.
"""
