/* SPDX-License-Identifier: MIT
 *
 * timing.c - runs a command some times, one after the other, with its output thrown
 * away, and prints what it took:
 *
 *   timing COUNT COMMAND [ARG...]
 *   {"runs":20,"min_ms":1.234,"median_ms":1.301,"max_ms":2.000,"rss_kib":1032,"status":0}
 *
 * rss_kib is the most of any run and of any one process in it; status that of the last.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 10000

static double times[RUNS_MAX];

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static _Noreturn void run(char **command)
{
	int nothing = open("/dev/null", O_RDWR);

	if (nothing >= 0) {
		(void)dup2(nothing, 0);
		(void)dup2(nothing, 1);
		(void)dup2(nothing, 2);
		(void)close(nothing);
	}
	(void)execvp(command[0], command);
	_exit(127);
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? strtol(argv[1], NULL, 10) : 0, rss = 0;
	int status = 0;

	if (count < 1 || count > RUNS_MAX) {
		(void)fprintf(stderr, "usage: timing COUNT COMMAND [ARG...]\n");
		return 2;
	}
	for (long i = 0; i < count; i++) {
		struct rusage usage;
		double began = now_ms();
		pid_t pid = fork();

		if (pid == 0)
			run(argv + 2);
		if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
			return 1;
		times[i] = now_ms() - began;
		if (usage.ru_maxrss > rss)
			rss = usage.ru_maxrss;
	}
	qsort(times, (size_t)count, sizeof(times[0]), by_number);
	(void)printf("{\"runs\":%ld,\"min_ms\":%.3f,\"median_ms\":%.3f,\"max_ms\":%.3f,"
		     "\"rss_kib\":%ld,\"status\":%d}\n",
		     count, times[0], times[count / 2], times[count - 1], rss,
		     WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
