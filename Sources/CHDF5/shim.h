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

// An image that is read where it lies. Without these callbacks the library copies it twice: into the property list, and
// from there into the file. `user` is the image's address.
static inline void *cairn_image_malloc(size_t size, H5FD_file_image_op_t operation, void *user) {
  (void)size;
  (void)operation;
  return user;
}
static inline void *cairn_image_memcpy(
    void *to, const void *from, size_t size, H5FD_file_image_op_t operation, void *user) {
  (void)size;
  (void)operation;
  return to == user && from == user ? to : NULL;
}
static inline void *cairn_image_realloc(void *image, size_t size, H5FD_file_image_op_t operation, void *user) {
  (void)image;
  (void)size;
  (void)operation;
  (void)user;
  return NULL;  // a file that is only read does not grow
}
static inline herr_t cairn_image_free(void *image, H5FD_file_image_op_t operation, void *user) {
  (void)image;
  (void)operation;
  (void)user;
  return 0;
}
static inline void *cairn_image_user_copy(void *user) { return user; }
static inline herr_t cairn_image_user_free(void *user) {
  (void)user;
  return 0;
}
// `image` must stay as it is until the file is closed.
static inline herr_t cairn_set_borrowed_image(hid_t access, const void *image, size_t size) {
  H5FD_file_image_callbacks_t callbacks = {cairn_image_malloc, cairn_image_memcpy,    cairn_image_realloc,
                                           cairn_image_free,   cairn_image_user_copy, cairn_image_user_free,
                                           (void *)image};
  if (H5Pset_file_image_callbacks(access, &callbacks) < 0) return -1;
  return H5Pset_file_image(access, (void *)image, size);
}

#endif
