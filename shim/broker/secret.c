#include "broker/secret.h"

#include <stdlib.h>
#include <string.h>

void pp_secret_free(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}
