// What Swift cannot import from zlib's header: a macro that hands over the library's version.
#ifndef CAIRN_CZLIB_SHIM_H
#define CAIRN_CZLIB_SHIM_H

#include <string.h>
#include <zlib.h>

// `window_bits`: -15 for bare deflate, 31 for gzip.
static inline int cairn_inflate_init(z_stream *stream, int window_bits) {
  memset(stream, 0, sizeof *stream);
  return inflateInit2(stream, window_bits);
}

#endif
