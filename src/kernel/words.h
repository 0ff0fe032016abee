/* A law's words and numbers, as vectors. */
#ifndef FI_WORDS_H
#define FI_WORDS_H

/* The vectors that one function call works on. Every operation is applied to all of them before the next one, so that
 * V_N independent chains of dependent operations run side by side. */
#define V_N (V_COUNT * V_STEPS)
#define FI_EACH FI_UNROLL for (int i = 0; i < V_N; i++)

/* The words of V_STEPS steps, each of which draws up to FI_MAX_DRAWS times from all lanes.
 * Index: draw, then step * V_COUNT + vector. */
#define FI_MAX_DRAWS 4
typedef struct {
    v_u64 draw[FI_MAX_DRAWS][V_N];
} fi_words;

FI_INLINE fi_words fi_draw(fi_lanes *lanes, int n_draws)
{
    fi_words words;
    FI_UNROLL
    for (int step = 0; step < V_STEPS; step++) {
        FI_UNROLL
        for (int d = 0; d < n_draws; d++) {
            FI_UNROLL
            for (int v = 0; v < V_COUNT; v++)
                words.draw[d][step * V_COUNT + v] = fi_lanes_next(lanes, v);
        }
    }
    return words;
}

/* V_STEPS steps' values, which a law makes of their words and its numbers. A step's elements are those of first[], then
 * those of second[]. */
typedef struct {
    v_f32 first[V_N], second[V_N];
} fi_values_f32;

typedef struct {
    v_f64 first[V_N], second[V_N];
} fi_values_f64;

/* A law's numbers, in every element. */
typedef struct {
    v_f32 base, slope, y_base, y_slope;
} fi_side_f32;

typedef struct {
    v_f32 location, scale, lowest, highest;
    fi_side_f32 side[2];
    const fi_law *law; /* for laws that need them in float64 */
} fi_numbers_f32;

typedef struct {
    v_f64 base, slope, y_base, y_slope;
} fi_side_f64;

typedef struct {
    v_f64 location, scale, lowest, highest;
    fi_side_f64 side[2];
} fi_numbers_f64;

FI_INLINE fi_numbers_f32 fi_numbers_set_f32(const fi_law *law)
{
    fi_numbers_f32 n = {v_f32_set((float)law->location), v_f32_set((float)law->scale), v_f32_set((float)law->lowest),
                        v_f32_set((float)law->highest), {{v_f32_set(0), v_f32_set(0), v_f32_set(0), v_f32_set(0)}}, law};
    for (int s = 0; s < 2; s++)
        n.side[s] = (fi_side_f32){v_f32_set((float)law->side[s].base), v_f32_set((float)law->side[s].slope),
                                  v_f32_set((float)law->side[s].y_base), v_f32_set((float)law->side[s].y_slope)};
    return n;
}

FI_INLINE fi_numbers_f64 fi_numbers_set_f64(const fi_law *law)
{
    fi_numbers_f64 n = {v_f64_set(law->location), v_f64_set(law->scale), v_f64_set(law->lowest),
                        v_f64_set(law->highest), {{v_f64_set(0), v_f64_set(0), v_f64_set(0), v_f64_set(0)}}};
    for (int s = 0; s < 2; s++)
        n.side[s] = (fi_side_f64){v_f64_set(law->side[s].base), v_f64_set(law->side[s].slope),
                                  v_f64_set(law->side[s].y_base), v_f64_set(law->side[s].y_slope)};
    return n;
}

#endif
