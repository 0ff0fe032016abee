#include "key.h"

#include <string.h>

#include "blake2b.h"

/* Part of every key, so that a later stream can never repeat this one. */
static const uint8_t version[FI_BLAKE2B_PERSON] = "fastinit-v1";

#define KEY_BYTES (8 * FI_KEY_WORDS)

/* What comes before the name: the seed and the name's length. */
#define HEAD_BYTES (FI_SEED_BYTES + 8)

/* Fewer are faster one by one where vectors are short. */
#define MIN_AT_ONCE 4

static void put_head(uint8_t *bytes, const uint8_t *seed, const fi_stream *stream)
{
    memcpy(bytes, seed, FI_SEED_BYTES);
    for (int i = 0; i < 8; i++)
        bytes[FI_SEED_BYTES + i] = (uint8_t)((uint64_t)stream->n_name >> (8 * i));
}

void fi_stream_key(const uint8_t *seed, const fi_stream *stream, uint64_t key[FI_KEY_WORDS])
{
    uint8_t head[HEAD_BYTES], digest[KEY_BYTES];
    put_head(head, seed, stream);

    fi_blake2b hash;
    fi_blake2b_init(&hash, KEY_BYTES, version);
    fi_blake2b_update(&hash, head, sizeof head);
    fi_blake2b_update(&hash, stream->name, (size_t)stream->n_name);
    fi_blake2b_update(&hash, stream->tag, (size_t)stream->n_tag);
    fi_blake2b_final(&hash, digest, KEY_BYTES);
    for (int i = 0; i < FI_KEY_WORDS; i++)
        key[i] = fi_load_le(digest + 8 * i);
}

/* One lane of a transposed message of a single block, beside the seed; the rest of it is 0 already. */
static void put_lane(uint64_t message[][FI_LANES], int lane, const fi_stream *stream)
{
    uint8_t text[FI_BLAKE2B_BLOCK - HEAD_BYTES] = {0};
    int64_t n_text = stream->n_name + stream->n_tag;
    memcpy(text, stream->name, (size_t)stream->n_name);
    memcpy(text + stream->n_name, stream->tag, (size_t)stream->n_tag);
    message[HEAD_BYTES / 8 - 1][lane] = (uint64_t)stream->n_name;
    for (int i = 0; 8 * i < n_text; i++)
        message[HEAD_BYTES / 8 + i][lane] = fi_load_le(text + 8 * i);
}

void fi_stream_keys(const fi_backend *backend, const uint8_t *seed, const fi_stream *streams, int n,
                    uint64_t key[][FI_KEY_WORDS])
{
    _Alignas(64) uint64_t message[FI_BLAKE2B_BLOCK / 8][FI_LANES] = {{0}};
    _Alignas(64) uint64_t digest[FI_KEY_WORDS][FI_LANES], n_bytes[FI_LANES] = {0};
    int at_once = n >= MIN_AT_ONCE;
    for (int i = 0; i < n && at_once; i++)
        at_once = streams[i].n_name + streams[i].n_tag <= FI_BLAKE2B_BLOCK - HEAD_BYTES;
    if (!at_once) {
        for (int i = 0; i < n; i++)
            fi_stream_key(seed, &streams[i], key[i]);
        return;
    }
    for (int i = 0; i < FI_SEED_BYTES / 8; i++)
        for (int lane = 0; lane < FI_LANES; lane++)
            message[i][lane] = fi_load_le(seed + 8 * i);
    for (int lane = 0; lane < n; lane++) {
        put_lane(message, lane, &streams[lane]);
        n_bytes[lane] = (uint64_t)(HEAD_BYTES + streams[lane].n_name + streams[lane].n_tag);
    }
    fi_blake2b hash;
    fi_blake2b_init(&hash, KEY_BYTES, version);
    backend->hashes(hash.state, message, n_bytes, digest);
    for (int lane = 0; lane < n; lane++)
        for (int i = 0; i < FI_KEY_WORDS; i++)
            key[lane][i] = digest[i][lane];
}
