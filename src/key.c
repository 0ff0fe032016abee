#include "key.h"

#include "blake2b.h"

/* Part of every key, so that a later stream can never repeat this one. */
static const uint8_t version[FI_BLAKE2B_PERSON] = "fastinit-v1";

#define KEY_BYTES (8 * FI_KEY_WORDS)

void fi_stream_key(const uint8_t *seed, const char *name, size_t n_name, const char *tag, size_t n_tag,
                   uint64_t key[FI_KEY_WORDS])
{
    uint8_t length[8], digest[KEY_BYTES];
    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)((uint64_t)n_name >> (8 * i));

    fi_blake2b hash;
    fi_blake2b_init(&hash, KEY_BYTES, version);
    fi_blake2b_update(&hash, seed, FI_SEED_BYTES);
    fi_blake2b_update(&hash, length, sizeof length);
    fi_blake2b_update(&hash, name, n_name);
    fi_blake2b_update(&hash, tag, n_tag);
    fi_blake2b_final(&hash, digest, KEY_BYTES);

    for (int i = 0; i < FI_KEY_WORDS; i++) {
        key[i] = 0;
        for (int j = 0; j < 8; j++)
            key[i] |= (uint64_t)digest[8 * i + j] << (8 * j);
    }
}
