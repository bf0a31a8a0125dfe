#include "broker/tls.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

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

void pp_tls_adopt(void *ssl)
{
	SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

bool pp_tls_same_secret(const char *a, const char *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

/* What a server needs that nobody verifies. */
static bool use_own_certificate(SSL_CTX *ctx)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	unsigned char serial[8] = {0};
	bool ok = key && x && RAND_bytes(serial + 1, sizeof serial - 1) == 1;
	if (ok) {
		X509_NAME *name = X509_get_subject_name(x);
		BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
		ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) &&
		     X509_set_version(x, X509_VERSION_3) == 1 &&
		     X509_gmtime_adj(X509_getm_notBefore(x), -24 * 3600L) &&
		     X509_gmtime_adj(X509_getm_notAfter(x), 10 * 365 * 24 * 3600L) &&
		     X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
						(const unsigned char *)"podpool", -1, -1, 0) == 1 &&
		     X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, key) == 1 &&
		     X509_sign(x, key, EVP_sha256()) > 0 && SSL_CTX_use_certificate(ctx, x) == 1 &&
		     SSL_CTX_use_PrivateKey(ctx, key) == 1;
		BN_free(number);
	}
	X509_free(x);
	EVP_PKEY_free(key);
	return ok;
}

static int refuse(struct pp_errctx *err, const char *what, const char *file)
{
	char reason[120];
	ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
	return pp_err_set(err, PP_ERR_INVALID, "%s %s: %s", what, file, reason);
}

/* OpenSSL's own would ask at the terminal, and the loop would wait for the answer. */
static int have_no_password(char *buffer, int size, int writing, void *asked)
{
	(void)buffer;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

static int use_certificate(SSL_CTX *ctx, const char *cert, const char *key, struct pp_errctx *err)
{
	bool asked = false;
	if (!*cert && !*key)
		return use_own_certificate(ctx) ? 0 : refuse(err, "own certificate", "");
	SSL_CTX_set_default_passwd_cb(ctx, have_no_password);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, &asked);
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		return refuse(err, "CLIENT_TLS_CERT", cert);
	bool used = SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	if (asked)
		return pp_err_set(err, PP_ERR_INVALID,
				  "CLIENT_TLS_KEY is locked with a password, give one without: %s",
				  key);
	if (!used || SSL_CTX_check_private_key(ctx) != 1)
		return refuse(err, "CLIENT_TLS_KEY", key);
	return 0;
}

int pp_tls_server_open(const char *cert, const char *key, void **ret_server, struct pp_errctx *err)
{
	ERR_clear_error();
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx)
		return refuse(err, "TLS", "");
	int r = use_certificate(ctx, cert, key, err);
	if (r < 0) {
		SSL_CTX_free(ctx);
		return r;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	/* As PostgreSQL: no sessions to resume, no renegotiation. Idle connections keep no buffers. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	*ret_server = ctx;
	return 0;
}

void pp_tls_server_close(void *server)
{
	SSL_CTX_free(server);
}

void *pp_tls_accept(void *server, int fd)
{
	SSL *ssl = SSL_new(server);
	if (!ssl || SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_accept_state(ssl);
	pp_tls_adopt(ssl);
	return ssl;
}

void pp_tls_goodbye(void *ssl)
{
	ERR_clear_error();
	if (SSL_is_init_finished(ssl))
		SSL_shutdown(ssl);
	ERR_clear_error();
}

void pp_tls_free(void *ssl)
{
	SSL_free(ssl);
}
