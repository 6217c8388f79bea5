// What Swift cannot import from HDF5's headers: macros that call a function, hold a comma or a cast.
#ifndef CAIRN_CHDF5_SHIM_H
#define CAIRN_CHDF5_SHIM_H

#include <hdf5.h>

#define CAIRN_HDF5_GETTER(type, name) \
  static inline type cairn_##name(void) { return name; }

// Types in memory.
CAIRN_HDF5_GETTER(hid_t, H5T_NATIVE_FLOAT)
CAIRN_HDF5_GETTER(hid_t, H5T_NATIVE_DOUBLE)
CAIRN_HDF5_GETTER(hid_t, H5T_NATIVE_INT32)
CAIRN_HDF5_GETTER(hid_t, H5T_NATIVE_INT64)

// Types in the file: little-endian everywhere.
CAIRN_HDF5_GETTER(hid_t, H5T_IEEE_F32LE)
CAIRN_HDF5_GETTER(hid_t, H5T_IEEE_F64LE)
CAIRN_HDF5_GETTER(hid_t, H5T_STD_I32LE)
CAIRN_HDF5_GETTER(hid_t, H5T_STD_I64LE)
CAIRN_HDF5_GETTER(hid_t, H5T_C_S1)
CAIRN_HDF5_GETTER(size_t, H5T_VARIABLE)

// Property list classes.
CAIRN_HDF5_GETTER(hid_t, H5P_FILE_ACCESS)
CAIRN_HDF5_GETTER(hid_t, H5P_FILE_CREATE)
CAIRN_HDF5_GETTER(hid_t, H5P_GROUP_CREATE)
CAIRN_HDF5_GETTER(hid_t, H5P_DATASET_CREATE)
CAIRN_HDF5_GETTER(hid_t, H5P_DEFAULT)

CAIRN_HDF5_GETTER(hid_t, H5S_ALL)
CAIRN_HDF5_GETTER(hid_t, H5E_DEFAULT)
CAIRN_HDF5_GETTER(unsigned, H5F_ACC_RDONLY)
CAIRN_HDF5_GETTER(unsigned, H5F_ACC_TRUNC)

#undef CAIRN_HDF5_GETTER

#endif
