// What Glibc's Swift module leaves out: waiting for many sockets at once.
#ifndef CAIRN_CEPOLL_H
#define CAIRN_CEPOLL_H

#include <sys/epoll.h>
#include <sys/eventfd.h>

#endif
