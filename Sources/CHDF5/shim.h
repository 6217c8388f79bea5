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
CAIRN_HDF5_GETTER(hid_t, H5T_NATIVE_UINT8)
CAIRN_HDF5_GETTER(hid_t, H5T_NATIVE_INT64)

// Types in the file: little-endian everywhere.
CAIRN_HDF5_GETTER(hid_t, H5T_IEEE_F32LE)
CAIRN_HDF5_GETTER(hid_t, H5T_IEEE_F64LE)
CAIRN_HDF5_GETTER(hid_t, H5T_STD_I32LE)
CAIRN_HDF5_GETTER(hid_t, H5T_STD_U8LE)
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

// Calls whose plain names mean other functions in other versions of the library.

// What a link is (H5L_TYPE_HARD, ...), negative where there is none.
static inline int cairn_link_type(hid_t location, const char *name) {
#if H5_VERSION_GE(1, 12, 0)
  H5L_info1_t info;
  return H5Lget_info1(location, name, &info, H5P_DEFAULT) < 0 ? -1 : (int)info.type;
#else
  H5L_info_t info;
  return H5Lget_info(location, name, &info, H5P_DEFAULT) < 0 ? -1 : (int)info.type;
#endif
}

// Where an open object's header stands in its file; -1 where that cannot be said.
static inline int64_t cairn_object_address(hid_t object) {
#if H5_VERSION_GE(1, 12, 0)
  H5O_info1_t info;
  return H5Oget_info1(object, &info) < 0 ? -1 : (int64_t)info.addr;
#else
  H5O_info_t info;
  return H5Oget_info(object, &info) < 0 ? -1 : (int64_t)info.addr;
#endif
}

#undef CAIRN_HDF5_GETTER

#endif
