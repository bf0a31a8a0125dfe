/* An extension as PHP loads them: calls connect() from inside a library. */
#include "../victim.h"

int dial_port(const char *port);

int dial_port(const char *port)
{
	struct address to = address_from("127.0.0.1", port);
	int fd = dial(&to);
	saw_greeting(fd);
	return 0;
}
