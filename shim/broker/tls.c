#include "broker/tls.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "broker/stream.h"

static ssize_t verdict(SSL *ssl, int n)
{
	if (n > 0)
		return n;
	switch (SSL_get_error(ssl, n)) {
	/* TLS 1.3 may need to write while reading and the reverse; the peer's next record or the emptied
	 * socket buffer wakes us either way. */
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE: return PP_STREAM_AGAIN;
	default: return PP_STREAM_DEAD;
	}
}

static int clamp(size_t len)
{
	return len > INT_MAX ? INT_MAX : (int)len;
}

ssize_t pp_tls_read(void *ssl, void *bytes, size_t len)
{
	ERR_clear_error();
	return verdict(ssl, SSL_read(ssl, bytes, clamp(len)));
}

ssize_t pp_tls_write(void *ssl, const void *bytes, size_t len)
{
	ERR_clear_error();
	return verdict(ssl, SSL_write(ssl, bytes, clamp(len)));
}

int pp_tls_pending(void *ssl)
{
	return SSL_pending(ssl) > 0;
}

void pp_tls_adopt(void *ssl)
{
	SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

bool pp_tls_same_secret(const char *a, const char *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
