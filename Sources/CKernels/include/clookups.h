// The gradient of a table that is looked up: rows are added where their numbers stand. Same rules as ckernels.h.
#ifndef CAIRN_CLOOKUPS_H
#define CAIRN_CLOOKUPS_H

#include <stddef.h>
#include <stdint.h>

/// One shard's rows, by the number of the table's row that each belongs to; rising, of equals in the rows' own order.
typedef struct {
  const uint32_t *numbers;
  const uint32_t *places;
  const float *rows;
  size_t count;
} cairn_lookups;

/// Sorts what is a row of a table of `entries` rows: numbers and places are overwritten, of `count` elements each, and so is
/// spare, of 2 `count`. Returns how many there are.
size_t cairn_sort_lookups(size_t count, const float *ids, size_t entries, uint32_t *numbers, uint32_t *places,
                          uint32_t *spare);

/// Elements first ..< end of a table [entries, columns] = the sum over `shards` of their rows where they belong, 0
/// elsewhere. A shard's rows are added in their order, the shards' sums along a fixed binary tree, ((0 + 1) + (2 + 3)) + ...;
/// an element's bits do not depend on `first` and `end`.
///
/// scratch: clobbered, shards * (columns + 2) floats.
void cairn_sum_lookups(const cairn_lookups *lookups, size_t shards, size_t columns, size_t first, size_t end, float *table,
                       float *scratch);

#endif
