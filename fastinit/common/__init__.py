"""What every other folder leans on: the one form of messages, checks of plain arguments, what commands share.

It knows no law and no dtype, and imports nothing of this package. Anybody may call it.

=========== ======================================================================
`selection` which elements of a tensor an index selects
`errors`    the one form of every message
`checks`    plain arguments, each returned in the form the code below uses
`progress`  a progress bar, where one can be drawn
`plot_file` what ``--plot`` may name
=========== ======================================================================
"""
