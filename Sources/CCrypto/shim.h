// SHA-256 of libcrypto, which libhdf5 brings along. The plain functions and not `EVP_Digest...`: these read no settings,
// load no providers, take no memory and cannot fail; OpenSSL 3 marks them as old all the same.
#ifndef CAIRN_CCRYPTO_H
#define CAIRN_CCRYPTO_H

#include <stddef.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#endif
