/* shim/broker/tls.h - the one door to OpenSSL: raw protocol through the SSL object libpq logged in with. */
#ifndef PP_BROKER_TLS_H
#define PP_BROKER_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* As pp_stream_read and pp_stream_write. */
ssize_t pp_tls_read(void *ssl, void *bytes, size_t len);
ssize_t pp_tls_write(void *ssl, const void *bytes, size_t len);
/* Once after login: a partial write may be repeated from another address (our buffers move). */
void pp_tls_adopt(void *ssl);

/* TLS with clients (PODPOOL_CLIENT_TLS=terminate). `cert` and `key` are PEM files; both "": a certificate made here,
 * signed by itself, good for those who do not look. On failure `err` says what is wrong with them. */
PP_MUSTCHECK int pp_tls_server_open(const char *cert, const char *key, void **ret_server,
				    struct pp_errctx *err);
void pp_tls_server_close(void *server);
/* For a non-blocking socket, which stays the caller's: the handshake happens in pp_tls_read. NULL: no memory. */
void *pp_tls_accept(void *server, int fd);
/* Says close_notify, as far as the socket takes it. Nothing may be written after it. */
void pp_tls_goodbye(void *ssl);
void pp_tls_free(void *ssl);

/* Constant-time comparison of two secrets of the same length. */
bool pp_tls_same_secret(const char *a, const char *b, size_t len);

#endif
