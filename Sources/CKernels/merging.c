#include "cmerging.h"

#include <math.h>
#include <string.h>

#include "clones.h"

CAIRN_CLONES
void cairn_maximum(size_t count, const float *x, float *y) {
  // A NaN in x is not <= y; one in y is kept, as x > NaN is false.
  for (size_t i = 0; i < count; i++) y[i] = x[i] <= y[i] || y[i] != y[i] ? y[i] : x[i];
}

CAIRN_CLONES
void cairn_take_gradient(size_t count, const float *x, const float *y, float *dy, float *dx) {
  if (dx)
    for (size_t i = 0; i < count; i++) dx[i] = x[i] < y[i] ? 0 : dy[i];
  for (size_t i = 0; i < count; i++) dy[i] = x[i] < y[i] ? dy[i] : 0;
}

/// Whether an id is a row of the table. NaN is none: it fails every comparison.
static inline int is_row(float id, size_t entries) {
  return id >= 0 && id < (float)entries && (float)(size_t)id == id;
}

void cairn_look_up(size_t count, const float *ids, size_t entries, size_t columns, const float *table, float *y) {
  for (size_t i = 0; i < count; i++) {
    float *row = y + i * columns;
    if (is_row(ids[i], entries))
      memcpy(row, table + (size_t)ids[i] * columns, columns * sizeof(float));
    else
      for (size_t c = 0; c < columns; c++) row[c] = NAN;
  }
}

CAIRN_CLONES
void cairn_add_rows(size_t count, const float *ids, size_t entries, size_t columns, const float *dy, float *dtable) {
  for (size_t i = 0; i < count; i++) {
    if (!is_row(ids[i], entries)) continue;
    float *row = dtable + (size_t)ids[i] * columns;
    for (size_t c = 0; c < columns; c++) row[c] += dy[i * columns + c];
  }
}
