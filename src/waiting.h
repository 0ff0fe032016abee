/* waiting.h: whether threads are worth what their caller waits for them.
 *
 * A region ends when its last thread does, and on a machine whose processors other programs want, a thread may have to
 * wait for its turn: 512 x 512 normals took 24 ms instead of 0.2, the length of a time slice or two. Nothing tells
 * beforehand; but what the last regions waited is known, and what threads can save is, too, from the caller's own pace.
 *
 * Without that wait it cannot be done. OpenMP's region ends for its caller when every thread has arrived, also one that
 * began after the last part was taken; a team led by another thread would let the caller go sooner, but not before a
 * thread in the middle of a part has its turn again, and would need threads, memory and fork rules of its own. Smaller
 * parts do not help: those of 512 x 512 take 6 microseconds. How the threads wait is the whole process's choice.
 *
 * Promise: threads are used where they are expected to save more than their caller waits. Where they are not, they are
 * tried again when they could have saved several times what a region is expected to wait, whatever the sizes of the
 * fills: so small fills stay on one thread of a busy machine, large ones use all, waiting costs a fraction of the work,
 * and a quiet machine is found again after as many fills as make little difference. Nothing is read but the measured
 * times: the same measurements decide alike. A zeroed fi_waiting is a quiet machine. One thread at a time. */
#ifndef FI_WAITING_H
#define FI_WAITING_H

#include "openmp.h"

#include <stdint.h>

/* Shorter waits are no time slice of another program's, which are 0.7 ms and more on Linux, 10 elsewhere, but a thread
 * being woken, some 50 microseconds, or a page brought in. */
#define FI_SHORT_WAIT_S 0.25e-3

/* Less than a region itself costs is none. */
#define FI_NO_WAIT_S 10e-6

/* Against expectation threads are tried when they could have saved this many times the expected wait meanwhile: on a
 * busy machine waiting then adds some 3 % to small fills, in one of hundreds; on a machine that is quiet again a wait of
 * 24 ms is forgotten when 0.8 s could have been saved. */
#define FI_TRIAL_SAVINGS 32

typedef struct {
    double wait_s;  /* expected of a region: half the last one's, a quarter of the one's before, and so on */
    double saved_s; /* what threads could have saved since the last region */
} fi_waiting;

/* What the calling thread did in a region: it began its first part, was done with its last, and how many there were. */
typedef struct {
    double began_s;
    double ended_s;
    int64_t n_parts;
} fi_share;

static inline double fi_now_s(void) { return omp_get_wtime(); }

/* Whether to use threads for work of which they would save so much time if nobody waited. */
static inline int fi_worth_threads(fi_waiting *w, double saving_s)
{
    if (saving_s >= w->wait_s)
        return 1;
    w->saved_s += saving_s;
    return w->saved_s > FI_TRIAL_SAVINGS * w->wait_s;
}

/* Takes in what the caller of a region waited. */
static inline void fi_note_wait(fi_waiting *w, double waited_s)
{
    w->wait_s = (w->wait_s + (waited_s < FI_SHORT_WAIT_S ? 0 : waited_s)) / 2;
    if (w->wait_s < FI_NO_WAIT_S)
        w->wait_s = 0;
    w->saved_s = 0;
}

/* Takes in a region of equal parts that took from one time to the other. Not waiting is: working, and as long as one
 * part more, which another thread may just have begun. A caller that did no part waited all the time. */
static inline void fi_note_region(fi_waiting *w, const fi_share *share, double began_s, double ended_s)
{
    double own_s = 0;
    if (share->n_parts > 0)
        own_s = (share->ended_s - share->began_s) * (double)(share->n_parts + 1) / (double)share->n_parts;
    fi_note_wait(w, ended_s - began_s - own_s);
}

/* Called by the calling thread alone, before and after each of its parts. */
static inline void fi_begin_part(fi_share *share)
{
    if (share->n_parts == 0)
        share->began_s = fi_now_s();
}

static inline void fi_end_part(fi_share *share)
{
    share->ended_s = fi_now_s();
    share->n_parts++;
}

#endif
