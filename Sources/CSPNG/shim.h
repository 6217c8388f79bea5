#ifndef CAIRN_CSPNG_SHIM_H
#define CAIRN_CSPNG_SHIM_H

#include <spng.h>

#endif
