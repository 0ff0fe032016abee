"""Files that others wrote, read so that a damaged or hostile one is refused: at once, in one line, in little memory.

And files that are written: complete or absent. `checkpoints`, `checking` and `bench` call it; it imports `plans` and
`common`.

==================== =======================================================================
`safetensors_format` the format: its dtypes and limits, what a header says, headers written
`texts`              regular files; texts, JSON and TOML of bounded size
`json_pieces`        JSON taken piece by piece, so that the first defect ends the work
`headers`            headers read
`shards`             an index of several files, and their headers
`written_files`      whether a file that is to be written can be
`names`              files get their names when they are complete
`locks`              locks between processes
==================== =======================================================================
"""
