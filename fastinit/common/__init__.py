"""What every other folder leans on: the one form of messages, checks of plain arguments, what commands share.

It knows no law and no dtype, and imports nothing of this package. Anybody may call it.

=================== ======================================================================
`selection`         which elements of a tensor an index selects
`errors`            the one form of every message
`calls`             calls that do not fit a function's signature
`checks`            plain arguments, each returned in the form the code below uses
`interpreter`       which interpreter of the process this is
`arguments`         types of options on the command line
`completing`        a shell's script that completes arguments
`progress`          a progress bar, where one can be drawn
`terminal`          text that a terminal shows as it is meant, and how wide it is
`standard_streams`  printing to whoever has stopped reading
=================== ======================================================================
"""
