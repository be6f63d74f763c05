/* SPDX-License-Identifier: MIT
 *
 * life_app.c - what the tests of `trace` run as the app: each word does one thing that
 * goes wrong where a process in front of an app is clumsy. Static-able: it also runs
 * under kernels in an emulator.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/num.h"

static void out(const char *text)
{
	(void)!write(1, text, strlen(text));
}

/* --- catch: says each signal it gets, in order, until SIGTERM --- */

static void catch_loop(void)
{
	sigset_t all;
	siginfo_t info;
	char line[64];

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	out("ready\n");
	do {
		if (sigwaitinfo(&all, &info) < 0)
			continue;
		(void)snprintf(line, sizeof(line), "%d %d\n", info.si_signo,
			       info.si_code == SI_QUEUE ? info.si_value.sival_int : 0);
		out(line);
	} while (info.si_signo != SIGTERM);
}

/* --- storm: calls whose answers are known, in N threads --- */

struct storm {
	const char *dir;
	int64_t rounds;
	int number;
	atomic_int *wrong;
};

static void round_of(const struct storm *s, int64_t i)
{
	char name[300], other[310];
	struct stat st;
	int wrong = 0;

	(void)snprintf(name, sizeof(name), "%s/s%d-%d-%d", s->dir, getpid(), s->number,
		       (int)(i % 7));
	(void)snprintf(other, sizeof(other), "%s.new", name);
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
	wrong += fd < 0;
	wrong += write(fd, "x", 1) != 1;
	(void)close(fd);
	wrong += open(name, O_CREAT | O_EXCL | O_WRONLY, 0600) != -1 || errno != EEXIST;
	wrong += rename(name, other) != 0;
	wrong += stat(other, &st) != 0 || st.st_size != 1;
	wrong += unlink(name) != -1 || errno != ENOENT;
	wrong += unlink(other) != 0;
	atomic_fetch_add(s->wrong, wrong);
}

static void *storm_thread(void *arg)
{
	const struct storm *s = arg;

	for (int64_t i = 0; i < s->rounds; i++)
		round_of(s, i);
	return NULL;
}

static int storm(const char *dir, int64_t threads, int64_t rounds)
{
	static pthread_t ids[64];
	static struct storm all[64];
	static atomic_int wrong;
	char line[64];

	for (int i = 0; i < threads; i++) {
		all[i] = (struct storm){ dir, rounds, i, &wrong };
		if (pthread_create(&ids[i], NULL, storm_thread, &all[i]) != 0)
			return 3;
	}
	for (int i = 0; i < threads; i++)
		(void)pthread_join(ids[i], NULL);
	(void)snprintf(line, sizeof(line), "wrong %d\n", atomic_load(&wrong));
	out(line);
	return atomic_load(&wrong) ? 1 : 0;
}

/* --- abrupt: exit_group while other threads are in calls that wait for an answer --- */

static int abrupt(const char *dir)
{
	const struct timespec moment = { 0, 20000000 };
	static struct storm s;
	static atomic_int wrong;
	pthread_t id;

	s = (struct storm){ dir, INT64_MAX, 0, &wrong };
	for (int i = 0; i < 8; i++)
		if (pthread_create(&id, NULL, storm_thread, &s) != 0)
			return 3;
	(void)nanosleep(&moment, NULL);
	return 21;
}

/* --- orphans: N grandchildren that end by themselves --- */

static int orphans(int64_t n)
{
	const struct timespec moment = { 0, 1000000 };

	for (int64_t i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			if (fork() == 0) {
				(void)nanosleep(&moment, NULL);
				_exit(0);
			}
			_exit(0);
		}
		(void)waitpid(pid, NULL, 0);
	}
	out("made\n");
	(void)pause();
	return 0;
}

/* --- daemon: leaves a process that calls on, and ends --- */

static int leave_daemon(const char *dir, int64_t rounds)
{
	const struct timespec moment = { 0, 1000000 };
	static atomic_int wrong;
	struct storm s = { dir, 1, 0, &wrong };
	char name[300];

	if (fork() != 0)
		return 5;
	(void)setsid();
	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	for (int64_t i = 0; i < rounds; i++) {
		round_of(&s, i);
		(void)nanosleep(&moment, NULL);
	}
	(void)snprintf(name, sizeof(name), "%s/daemon-%s", dir,
		       atomic_load(&wrong) ? "wrong" : "right");
	(void)close(open(name, O_CREAT | O_WRONLY, 0600));
	return 0;
}

/* --- time: how long a call takes, in N threads --- */

static void *time_thread(void *arg)
{
	const struct storm *s = arg;
	char name[300];

	(void)snprintf(name, sizeof(name), "%s/t%d", s->dir, s->number);
	for (int64_t i = 0; i < s->rounds; i++) {
		int fd = open(name, O_CREAT | O_WRONLY, 0600);

		if (fd < 0)
			atomic_fetch_add(s->wrong, 1);
		(void)close(fd);
		(void)unlink(name);
	}
	return NULL;
}

static int time_calls(const char *dir, int64_t threads, int64_t rounds)
{
	static pthread_t ids[64];
	static struct storm all[64];
	static atomic_int wrong;
	struct timespec from, to;
	char line[64];

	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < threads; i++) {
		all[i] = (struct storm){ dir, rounds, i, &wrong };
		if (pthread_create(&ids[i], NULL, time_thread, &all[i]) != 0)
			return 3;
	}
	for (int i = 0; i < threads; i++)
		(void)pthread_join(ids[i], NULL);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	double us = (double)(to.tv_sec - from.tv_sec) * 1e6 +
		    (double)(to.tv_nsec - from.tv_nsec) / 1e3;
	(void)snprintf(line, sizeof(line), "%.2f\n", us / (double)(2 * rounds * threads));
	out(line);
	return atomic_load(&wrong) ? 1 : 0;
}

static int64_t number(char **argv, int argc, int i)
{
	int64_t n = 0;

	return i < argc && num_i64(argv[i], &n) == 0 ? n : 0;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	int64_t a = number(argv, argc, 2), b = number(argv, argc, 3),
		c = number(argv, argc, 4);

	if (strcmp(word, "exit") == 0)
		return (int)a;
	if (strcmp(word, "die") == 0) {
		(void)signal((int)a, SIG_DFL); /* a sanitizer catches some */
		(void)kill(getpid(), (int)a);
		(void)pause();
	}
	if (strcmp(word, "catch") == 0)
		catch_loop();
	else if (strcmp(word, "group") == 0)
		return kill(0, (int)a) == 0 ? 0 : 1;
	else if (strcmp(word, "storm") == 0 && argc > 4 && b > 0 && b <= 64)
		return storm(argv[2], b, c);
	else if (strcmp(word, "time") == 0 && argc > 4 && b > 0 && b <= 64)
		return time_calls(argv[2], b, c);
	else if (strcmp(word, "abrupt") == 0 && argc > 2)
		return abrupt(argv[2]);
	else if (strcmp(word, "orphans") == 0)
		return orphans(a);
	else if (strcmp(word, "daemon") == 0 && argc > 3)
		return leave_daemon(argv[2], b);
	else
		return 2;
	return 0;
}
