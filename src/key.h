/* key.h: from a seed and a name to the key of a stream (docs/stream.md, "Key"). */
#ifndef FI_KEY_H
#define FI_KEY_H

#include <stddef.h>
#include <stdint.h>

#define FI_SEED_BYTES 32
#define FI_KEY_WORDS 4

/* `seed` is FI_SEED_BYTES; `name` is in UTF-8; `tag` is the law's. */
void fi_stream_key(const uint8_t *seed, const char *name, size_t n_name, const char *tag, size_t n_tag,
                   uint64_t key[FI_KEY_WORDS]);

#endif
