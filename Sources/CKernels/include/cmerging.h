// Loops of layers that make one tensor of several, and of tables that are looked up. Same rules as ckernels.h.
#ifndef CAIRN_CMERGING_H
#define CAIRN_CMERGING_H

#include <stddef.h>

/// y = max(x, y), NaN where either is.
void cairn_maximum(size_t count, const float *x, float *y);

/// Where x is not below y: dx = dy, and dy = 0; else dx = 0. dx may be NULL.
void cairn_take_gradient(size_t count, const float *x, const float *y, float *dy, float *dx);

/// y = table[ids[i]] for each id, rows of `columns`; a row of NaN where an id is no whole number from 0 to below `entries`.
void cairn_look_up(size_t count, const float *ids, size_t entries, size_t columns, const float *table, float *y);

/// dtable[ids[i]] += dy[i], in the order of the ids; those that are no row of the table are passed over.
void cairn_add_rows(size_t count, const float *ids, size_t entries, size_t columns, const float *dy, float *dtable);

#endif
