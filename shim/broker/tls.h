/* shim/broker/tls.h - the one door to OpenSSL: raw protocol through the SSL object libpq logged in with. */
#ifndef PP_BROKER_TLS_H
#define PP_BROKER_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* As pp_stream_read and pp_stream_write. */
ssize_t pp_tls_read(void *ssl, void *bytes, size_t len);
ssize_t pp_tls_write(void *ssl, const void *bytes, size_t len);
int pp_tls_pending(void *ssl);
/* Once after login: a partial write may be repeated from another address (our buffers move). */
void pp_tls_adopt(void *ssl);

/* Constant-time comparison of two secrets of the same length. */
bool pp_tls_same_secret(const char *a, const char *b, size_t len);

#endif
