#include "sparse.h"

#include <string.h>

/* Marks of a thread: 1 MiB of bits. */
#define MAX_BITS ((int64_t)1 << 23)

/* Units done at once, where they are neighbours in memory: no fewer than fill a line or two, and no more than let the
 * marks of some thousand inputs stay in the first-level cache. */
#define MIN_UNITS 16
#define MAX_UNITS 128

/* Blocks drawn, inputs put, and bytes cleared, after which a thread asks whether to stop. */
#define BLOCKS_WATCHED 64
#define INPUTS_WATCHED ((int64_t)1 << 18)
#define RUNS_WATCHED 1024
#define BYTES_WATCHED ((int64_t)1 << 20)

/* How far ahead of the row being cleared the next ones are fetched. */
#define ROWS_AHEAD 8

static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }

/* Chosen are the zeros or the others, whichever are fewer. */
static int64_t n_chosen(const fi_sparse *s) { return min_i64(s->n_zeros, s->n_inputs - s->n_zeros); }
static int chosen_are_zeros(const fi_sparse *s) { return s->n_zeros == n_chosen(s); }

/* Bits from one input to the next, and from one unit of a panel to the next. They lie as the elements do in memory, so
 * that a word of them is a stretch of neighbours. */
static int64_t input_step(const fi_sparse *s) { return s->units_are_dense ? s->units_per_panel : 1; }
static int64_t unit_step(const fi_sparse *s) { return s->units_are_dense ? 1 : s->n_inputs; }
static int64_t n_words(const fi_sparse *s) { return ceil_div(s->n_inputs * s->units_per_panel, 64); }

static int64_t magnitude(int64_t stride) { return stride < 0 ? -stride : stride; }

void fi_sparse_split(fi_sparse *s, int n_threads)
{
    s->units_are_dense = magnitude(s->unit_stride) < magnitude(s->input_stride);
    s->units_per_panel = 1;
    int64_t most = min_i64(MAX_UNITS, MAX_BITS / s->n_inputs), share = ceil_div(s->n_units_here, 4 * n_threads);
    if (share < MIN_UNITS)
        share = MIN_UNITS;
    while (s->units_are_dense && 2 * s->units_per_panel <= min_i64(most, share))
        s->units_per_panel *= 2; /* a power of two, so that no element's bits cross a word */
    s->n_panels = ceil_div(s->n_units_here, s->units_per_panel);
    s->n_work = s->n_units_here * s->n_inputs;
    s->scratch_bytes = 8 * n_words(s);
}

/* floor(word n / 2^64), uniform on [0, n) but for 2^-32 of each probability, for n < 2^32. */
static uint64_t below(uint64_t word, uint64_t n)
{
#ifdef __SIZEOF_INT128__
    return (uint64_t)((unsigned __int128)word * n >> 64);
#else
    return ((word >> 32) * n + ((word & 0xffffffff) * n >> 32)) >> 32;
#endif
}

/* Blocks of words that are a unit's own: four words an input, of which at most half are chosen, so that 0.7 are enough
 * on average, and never, in practice, do more than one is needed. */
static uint64_t blocks_per_unit(const fi_sparse *s) { return (uint64_t)ceil_div(4 * s->n_inputs, FI_BLOCK); }

/* Where a unit's marks are: at bits[], input i at bit first + i step. */
typedef struct {
    uint64_t *bits;
    uint64_t first;
    uint64_t step;
    uint64_t n_inputs;
} fi_marks;

/* Marks the inputs that n words draw, until n_left more are marked; returns how many are then left. Where a mark goes does
 * not depend on the marks before, so that processors overlap the draws. */
static uint64_t mark_drawn(const fi_marks *marks, const uint64_t *word, int n, uint64_t n_left)
{
    uint64_t *bits = marks->bits, first = marks->first, step = marks->step, n_inputs = marks->n_inputs;
    for (int i = 0; i < n && n_left > 0; i++) {
        uint64_t bit = first + below(word[i], n_inputs) * step, before = bits[bit / 64];
        n_left -= ~before >> (bit % 64) & 1;
        bits[bit / 64] = before | (uint64_t)1 << (bit % 64);
    }
    return n_left;
}

/* Marks n_chosen different inputs of a unit. */
static void choose(const fi_sparse *s, int64_t unit, const fi_marks *marks, fi_watch *watch)
{
    uint64_t word[FI_BLOCK], first_block = (uint64_t)unit * blocks_per_unit(s), block = first_block;
    for (uint64_t n_left = (uint64_t)n_chosen(s); n_left > 0; block++) {
        if ((block - first_block) % BLOCKS_WATCHED == BLOCKS_WATCHED - 1 && fi_stopped(watch))
            return;
        /* Half as many more words as are left nearly always do. */
        int n_words = n_left < FI_BLOCK / 2 ? (int)(n_left + n_left / 2) + FI_LANES : FI_BLOCK;
        s->backend->words(s->key, block, n_words, word);
        n_left = mark_drawn(marks, word, n_words, n_left);
        if (n_left > 0 && n_words < FI_BLOCK) {
            s->backend->words(s->key, block, FI_BLOCK, word);
            n_left = mark_drawn(marks, word + n_words, FI_BLOCK - n_words, n_left);
        }
    }
}

/* Masks of 8 bytes of neighbours, for each pattern of bits that mark zeros among them. */
typedef struct {
    uint64_t kept[256];
    int n_elements;
} fi_masks;

static fi_masks masks_of(int itemsize)
{
    fi_masks masks = {.n_elements = 8 / itemsize};
    for (int pattern = 0; pattern < 1 << masks.n_elements; pattern++) {
        unsigned char bytes[8];
        for (int i = 0; i < 8; i++)
            bytes[i] = pattern >> (i / itemsize) & 1 ? 0 : 0xff;
        memcpy(&masks.kept[pattern], bytes, 8);
    }
    return masks;
}

/* Zeros at those of n contiguous elements whose bits are set; all bytes of a zero are 0 in every dtype. Returns how many
 * elements it has seen to: some at the end may remain. */
static inline int clear_by_eights(char *dst, uint64_t zeros, int n, const fi_masks *masks, int n_at_once)
{
    int i = 0;
    for (; i + n_at_once <= n; i += n_at_once, dst += 8, zeros >>= n_at_once) {
        uint64_t eight;
        memcpy(&eight, dst, 8);
        eight &= masks->kept[zeros & ((1u << n_at_once) - 1)];
        memcpy(dst, &eight, 8);
    }
    return i;
}

static int clear_contiguous(char *dst, uint64_t zeros, int n, const fi_masks *masks)
{
    switch (masks->n_elements) {
    case 1: return clear_by_eights(dst, zeros, n, masks, 1);
    case 2: return clear_by_eights(dst, zeros, n, masks, 2);
    case 4: return clear_by_eights(dst, zeros, n, masks, 4);
    default: return clear_by_eights(dst, zeros, n, masks, 8);
    }
}

/* Zeros among n neighbours, the first of which has bit `first`. */
static void put_row(const fi_sparse *s, const fi_masks *masks, const uint64_t *bits, int64_t first, int64_t n, char *dst,
                    int64_t stride)
{
    uint64_t flip = chosen_are_zeros(s) ? 0 : UINT64_MAX;
    while (n > 0) {
        int in_word = (int)(first % 64), n_now = (int)min_i64(64 - in_word, n);
        uint64_t zeros = (bits[first / 64] ^ flip) >> in_word;
        int i = stride == s->itemsize ? clear_contiguous(dst, zeros, n_now, masks) : 0;
        for (; i < n_now; i++)
            if (zeros >> i & 1)
                memset(dst + i * stride, 0, (size_t)s->itemsize);
        first += n_now, n -= n_now, dst += n_now * stride;
    }
}

/* Processors do not see short rows far apart coming. */
static void prefetch(const char *row, int64_t n_bytes)
{
#if defined(__GNUC__)
    for (int64_t at = 0; at < n_bytes; at += FI_LINE)
        __builtin_prefetch(row + at, 1);
#else
    (void)row, (void)n_bytes;
#endif
}

/* One run of inputs of a panel's units. */
static void put_run(const fi_sparse *s, const fi_masks *masks, const uint64_t *bits, int64_t first_input, int64_t n_units,
                    char *dst, fi_watch *watch)
{
    int64_t n_inputs = s->n_inputs_here, n_now = s->units_are_dense ? 1 : INPUTS_WATCHED;
    for (int64_t i = 0; i < n_inputs; i += n_now, dst += n_now * s->input_stride) {
        if (i % INPUTS_WATCHED == 0 && i > 0 && fi_stopped(watch))
            return;
        if (!s->units_are_dense) {
            put_row(s, masks, bits, first_input + i, min_i64(n_now, n_inputs - i), dst, s->input_stride);
            continue;
        }
        if (i + ROWS_AHEAD < n_inputs)
            prefetch(dst + ROWS_AHEAD * s->input_stride, n_units * s->unit_stride);
        put_row(s, masks, bits, (first_input + i) * s->units_per_panel, n_units, dst, s->unit_stride);
    }
}

static void clear(char *first, int64_t n_bytes, fi_watch *watch)
{
    for (int64_t at = 0; at < n_bytes && (at == 0 || !fi_stopped(watch)); at += BYTES_WATCHED)
        memset(first + at, 0, (size_t)min_i64(BYTES_WATCHED, n_bytes - at));
}

static void fill_panel(const fi_sparse *s, int64_t panel, uint64_t *bits, fi_watch *watch)
{
    fi_masks masks = masks_of(s->itemsize);
    int64_t unit = panel * s->units_per_panel, n_units = min_i64(s->units_per_panel, s->n_units_here - unit), n_runs = 1;
    clear((char *)bits, s->scratch_bytes, watch);
    if (s->scratch_bytes > BYTES_WATCHED && fi_stopped(watch))
        return;
    for (int64_t u = 0; u < n_units; u++)
        choose(s, s->first_unit + unit + u,
               &(fi_marks){bits, (uint64_t)(u * unit_step(s)), (uint64_t)input_step(s), (uint64_t)s->n_inputs},
               watch);
    for (int d = 0; d < s->n_outer; d++)
        n_runs *= s->outer_extent[d];
    for (int64_t run = 0; run < n_runs; run++) {
        if (run % RUNS_WATCHED == RUNS_WATCHED - 1 && fi_stopped(watch))
            return;
        int64_t first_input = s->first_input, rest = run;
        char *dst = s->out + unit * s->unit_stride;
        for (int d = s->n_outer - 1; d >= 0; d--) {
            first_input += rest % s->outer_extent[d] * s->outer_inputs[d];
            dst += rest % s->outer_extent[d] * s->outer_stride[d];
            rest /= s->outer_extent[d];
        }
        put_run(s, &masks, bits, first_input, n_units, dst, watch);
    }
}

void fi_sparse_fill(const fi_sparse *s, int64_t first, int64_t last, void *scratch, fi_watch *watch)
{
    int64_t work_per_panel = s->units_per_panel * s->n_inputs;
    int64_t panel = ceil_div(first, work_per_panel), end = ceil_div(last, work_per_panel);
    for (; panel < end && panel < s->n_panels; panel++)
        fill_panel(s, panel, scratch, watch);
}
