#include "base/clock.h"

#include <time.h>

pp_ms pp_clock_now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (pp_ms)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
