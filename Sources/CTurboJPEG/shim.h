#ifndef CAIRN_CTURBOJPEG_SHIM_H
#define CAIRN_CTURBOJPEG_SHIM_H

#include <turbojpeg.h>

#endif
