/* tests/fuzz/replay.c - feeds every file of a corpus to a fuzz target, without a fuzzer: what was
 * once found stays found. A missing or empty corpus is a failure, not a pass. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_MAX (1 << 20)

/* Exactly as many bytes as the file has, so that a sanitizer sees a read past them. */
static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return -1;
	}
	uint8_t *whole = malloc(FILE_MAX);
	size_t len = whole ? fread(whole, 1, FILE_MAX, file) : 0;
	uint8_t *exact = whole ? realloc(whole, len ? len : 1) : NULL;
	int r = exact && !ferror(file) ? LLVMFuzzerTestOneInput(exact, len) : -1;
	free(exact);
	fclose(file);
	return r;
}

static int replay_folder(const char *folder, DIR *dir)
{
	int count = 0;
	for (struct dirent *entry; (entry = readdir(dir));) {
		char path[4096];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (replay_file(path) < 0) {
			fprintf(stderr, "%s: failed\n", path);
			return -1;
		}
		count++;
	}
	return count;
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	if (!dir) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER (must exist)\n", argv[0]);
		return EXIT_FAILURE;
	}
	int count = replay_folder(argv[1], dir);
	closedir(dir);
	printf("%d inputs\n", count);
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
