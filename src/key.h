/* key.h: from a seed and a name to the key of a stream (docs/stream.md, "Key"). */
#ifndef FI_KEY_H
#define FI_KEY_H

#include "fastinit.h"

#define FI_SEED_BYTES 32
#define FI_KEY_WORDS 4

/* A name in UTF-8 and a law's tag. */
typedef struct {
    const char *name;
    const char *tag;
    int64_t n_name;
    int64_t n_tag;
} fi_stream;

/* `seed` is FI_SEED_BYTES. */
void fi_stream_key(const uint8_t *seed, const fi_stream *stream, uint64_t key[FI_KEY_WORDS]);

/* The keys of n <= FI_LANES streams, in less time than one after the other. */
void fi_stream_keys(const fi_backend *backend, const uint8_t *seed, const fi_stream *streams, int n,
                    uint64_t key[][FI_KEY_WORDS]);

#endif
