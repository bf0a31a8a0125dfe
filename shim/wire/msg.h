/* shim/wire/msg.h - message letters of protocol 3 (PostgreSQL docs, 55.7 Message Formats) and their
 * limits.
 *
 * The room wire: protocol bytes in, facts out. Knows PostgreSQL's frontend/backend protocol version
 * 3; must not know sockets, time, SQL text, pools. Allocates nothing, keeps no pointer into a
 * caller's bytes.
 */
#ifndef PP_WIRE_MSG_H
#define PP_WIRE_MSG_H

#include <stdint.h>

#define PP_MSG_HEADER 5 /* one letter, four bytes length that counts itself */

/* PQ_LARGE_MESSAGE_LIMIT and MaxAllocSize in the server: 1 GiB - 1. Longer is nonsense from either
 * side. */
#define PP_MSG_LENGTH_MAX UINT32_C(0x3fffffff)
/* PQ_SMALL_MESSAGE_LIMIT: what the server accepts for messages without user data. */
#define PP_MSG_SMALL_MAX UINT32_C(10000)

enum pp_front { /* frontend -> backend */
		PP_FRONT_BIND = 'B',
		PP_FRONT_CLOSE = 'C',
		PP_FRONT_COPY_DATA = 'd',
		PP_FRONT_COPY_DONE = 'c',
		PP_FRONT_COPY_FAIL = 'f',
		PP_FRONT_DESCRIBE = 'D',
		PP_FRONT_EXECUTE = 'E',
		PP_FRONT_FLUSH = 'H',
		PP_FRONT_FUNCTION_CALL = 'F',
		PP_FRONT_PARSE = 'P',
		PP_FRONT_PASSWORD = 'p', /* also GSSResponse, SASLInitialResponse, SASLResponse */
		PP_FRONT_QUERY = 'Q',
		PP_FRONT_SYNC = 'S',
		PP_FRONT_TERMINATE = 'X',
};

enum pp_back { /* backend -> frontend */
	       PP_BACK_AUTHENTICATION = 'R',
	       PP_BACK_KEY_DATA = 'K',
	       PP_BACK_BIND_COMPLETE = '2',
	       PP_BACK_CLOSE_COMPLETE = '3',
	       PP_BACK_COMMAND_COMPLETE = 'C',
	       PP_BACK_COPY_DATA = 'd',
	       PP_BACK_COPY_DONE = 'c',
	       PP_BACK_COPY_IN = 'G',
	       PP_BACK_COPY_OUT = 'H',
	       PP_BACK_COPY_BOTH = 'W',
	       PP_BACK_DATA_ROW = 'D',
	       PP_BACK_EMPTY_QUERY = 'I',
	       PP_BACK_ERROR = 'E',
	       PP_BACK_FUNCTION_RESULT = 'V',
	       PP_BACK_NEGOTIATE_VERSION = 'v',
	       PP_BACK_NO_DATA = 'n',
	       PP_BACK_NOTICE = 'N',
	       PP_BACK_NOTIFICATION = 'A',
	       PP_BACK_PARAMETER_DESCRIPTION = 't',
	       PP_BACK_PARAMETER_STATUS = 'S',
	       PP_BACK_PARSE_COMPLETE = '1',
	       PP_BACK_PORTAL_SUSPENDED = 's',
	       PP_BACK_READY = 'Z',
	       PP_BACK_ROW_DESCRIPTION = 'T',
};

enum pp_tx_status {
	PP_TX_IDLE = 'I',
	PP_TX_BLOCK = 'T',
	PP_TX_FAILED = 'E'
}; /* ReadyForQuery's byte */

#endif
