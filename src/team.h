/* team.h: how many threads a region can have.
 *
 * OpenMP's libraries end the process where they cannot make a thread, and threads whose stacks are too small end it, too.
 * So before a region makes threads, as many are made here, all at the same time, and ended again: the region gets no
 * more than could be made. What has room once has it again at once, unless another process takes it in between. Threads
 * that the last region of the same calling thread has left are still there and are not tried: so long as no other user
 * of the same OpenMP library began a smaller region from that thread since, which ends some of them. */
#ifndef FI_TEAM_H
#define FI_TEAM_H

typedef struct {
    int n_threads;
    int are_new; /* some of them, which takes time */
} fi_team;

/* Once, when OpenMP reads it: how large the stacks of its threads are. */
void fi_team_read_environment(void);

/* The threads that the calling thread's next region is to have, at most so many. */
fi_team fi_team_of(int n_wanted);

#endif
