/* victim: argv[1] "runpath": dlopen() by bare name of a library only its RUNPATH finds; "deepbind":
 * dlopen() of argv[2] with RTLD_DEEPBIND and its dial(argv[3]). */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	int mode = strcmp(argv[1], "deepbind") == 0 ? RTLD_NOW | RTLD_DEEPBIND : RTLD_NOW;
	void *object = dlopen("libdialler.so", mode);
	if (!object || argc < 3) {
		printf("%s\n", object ? "loaded" : dlerror());
		return 1;
	}
	int (*dial_port)(const char *) = (int (*)(const char *))dlsym(object, "dial_port");
	return dial_port ? dial_port(argv[2]) : 3;
}
