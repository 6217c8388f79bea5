// What Swift cannot import from HDF5's headers: macros that call a function or hold a comma.
#ifndef CAIRN_CHDF5_SHIM_H
#define CAIRN_CHDF5_SHIM_H

#include <hdf5.h>
#include <hdf5_hl.h>

static inline hid_t cairn_H5T_NATIVE_FLOAT(void) { return H5T_NATIVE_FLOAT; }

#endif
