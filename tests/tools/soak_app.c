/* SPDX-License-Identifier: MIT
 *
 * soak_app.c - what the soak of `trace` runs as the app: calls whose answers are known
 * by the million, storms that end in the middle, fork bombs.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "core/num.h"

#define THREADS_MAX 64
#define NAMES	    100
/* The calls of one round that trace is told of. */
#define CALLS_PER_ROUND 13
#define FORK_EVERY	64
#define EXEC_EVERY	512

static atomic_llong calls, wrong, interrupted;
static const char *dir;

static void out(const char *text)
{
	(void)!write(1, text, strlen(text));
}

/* What is not yet received when a signal comes is interrupted, where natively nothing
 * can be: counted, and done again as an app would. */
#define CALL(call)                                            \
	({                                                    \
		long long r_;                                 \
		while ((r_ = (call)) == -1 && errno == EINTR) \
			atomic_fetch_add(&interrupted, 1);    \
		r_;                                           \
	})
#define EXPECT(condition) ((condition) ? 0 : complain(#condition))

static int complain(const char *what)
{
	char line[400];

	(void)snprintf(line, sizeof(line), "soak_app: %s: %s\n", what, strerror(errno));
	(void)!write(2, line, strlen(line));
	return 1;
}

static void nap(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) < 0)
		;
}

/* --- calls: their answers are known --- */

static void round_of(int64_t number, int64_t i)
{
	const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 2 } };
	char name[300], other[310];
	struct stat st;
	int bad = 0;

	(void)snprintf(name, sizeof(name), "%s/n%d-%d", dir, (int)number,
		       (int)(i % NAMES));
	(void)snprintf(other, sizeof(other), "%s.new", name);
	int fd = (int)CALL(open(name, O_CREAT | O_EXCL | O_WRONLY, 0600));
	bad += EXPECT(fd >= 0);
	bad += EXPECT(write(fd, "four", 4) == 4);
	(void)close(fd);
	bad += EXPECT(CALL(open(name, O_CREAT | O_EXCL | O_RDWR, 0600)) == -1 &&
		      errno == EEXIST);
	bad += EXPECT(CALL(truncate(name, 2)) == 0);
	bad += EXPECT(CALL(chmod(name, 0640)) == 0);
	bad += EXPECT(CALL(utimensat(AT_FDCWD, name, times, 0)) == 0);
	bad += EXPECT(CALL(rename(name, other)) == 0);
	bad += EXPECT(CALL(link(other, name)) == 0);
	bad += EXPECT(stat(name, &st) == 0 && st.st_size == 2 && st.st_nlink == 2 &&
		      st.st_mtim.tv_sec == 2);
	bad += EXPECT(CALL(unlink(name)) == 0);
	bad += EXPECT(CALL(unlink(name)) == -1 && errno == ENOENT);
	bad += EXPECT(CALL(unlink(other)) == 0);
	bad += EXPECT(CALL(symlink(other, name)) == 0);
	bad += EXPECT(CALL(unlink(name)) == 0);
	bad += EXPECT(CALL(mkdir("/", 0700)) == -1 && errno == EEXIST);
	atomic_fetch_add(&wrong, bad);
	atomic_fetch_add(&calls, CALLS_PER_ROUND);
}

static int64_t wait_for(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* Tasks that come and go: what is known about one must not be kept for ever. */
static void round_in_child(int64_t number, int64_t i)
{
	pid_t pid = fork();

	if (pid == 0) {
		atomic_store(&wrong, 0);
		round_of(number, i);
		if (i % EXEC_EVERY == 0)
			(void)execl("/bin/true", "true", (char *)NULL);
		_exit(atomic_load(&wrong) ? 1 : 0);
	}
	atomic_fetch_add(&wrong, EXPECT(pid > 0 && wait_for(pid) == 0));
	atomic_fetch_add(&calls, CALLS_PER_ROUND);
}

struct worker {
	int64_t number, rounds;
};

static void *calls_thread(void *arg)
{
	const struct worker *w = arg;

	for (int64_t i = 0; i < w->rounds; i++)
		if (i % FORK_EVERY == FORK_EVERY - 1)
			round_in_child(w->number, i + 1);
		else
			round_of(w->number, i);
	return NULL;
}

static int start(void *(*thread)(void *), int64_t threads, int64_t rounds,
		 pthread_t ids[THREADS_MAX])
{
	static struct worker all[THREADS_MAX];

	for (int64_t i = 0; i < threads; i++) {
		all[i] = (struct worker){ i, rounds };
		if (pthread_create(&ids[i], NULL, thread, &all[i]) != 0)
			return -1;
	}
	return 0;
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* Handlers without SA_RESTART: what they interrupt is what the kernel interrupts. */
static void alarm_often(void)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval often = { { 0, 2003 }, { 0, 2003 } };

	(void)sigaction(SIGALRM, &action, NULL);
	(void)setitimer(ITIMER_REAL, &often, NULL);
}

static int many_calls(int64_t threads, int64_t count, bool alarms)
{
	pthread_t ids[THREADS_MAX];
	char line[120];
	sigset_t alarm;

	if (alarms)
		alarm_often();
	out("ready\n");
	if (start(calls_thread, threads, count / threads / CALLS_PER_ROUND + 1, ids) < 0)
		return 3;
	/* The main thread would get them all, and wait on. */
	(void)sigemptyset(&alarm);
	(void)sigaddset(&alarm, SIGALRM);
	(void)pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	for (int64_t i = 0; i < threads; i++)
		(void)pthread_join(ids[i], NULL);
	(void)snprintf(line, sizeof(line), "wrong %lld interrupted %lld calls %lld\n",
		       atomic_load(&wrong), atomic_load(&interrupted),
		       atomic_load(&calls));
	out(line);
	return atomic_load(&wrong) ? 1 : 0;
}

/* --- storm: anything at all, and exit_group in the middle of it --- */

static void bind_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%.107s", name);
	(void)bind(fd, (struct sockaddr *)&address, sizeof(address));
	(void)close(fd);
}

static void any_child(unsigned what)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (what % 4 == 0)
			(void)execl("/bin/true", "true", (char *)NULL);
		if (what % 4 == 1)
			(void)kill(getpid(), SIGKILL);
		round_of(1000 + getpid(), what);
		_exit(0);
	}
	if (pid > 0)
		(void)wait_for(pid);
}

static void any_call(unsigned what, const char *a, const char *b)
{
	switch (what % 14) {
	case 0:
		(void)close(open(a, O_CREAT | O_WRONLY, 0600));
		break;
	case 1:
		(void)unlink(a);
		break;
	case 2:
		(void)mkdir(a, 0700);
		break;
	case 3:
		(void)rmdir(a);
		break;
	case 4:
		(void)rename(a, b);
		break;
	case 5:
		(void)link(a, b);
		break;
	case 6:
		(void)symlink(a, b);
		break;
	case 7:
		(void)chmod(a, 0600);
		break;
	case 8:
		(void)lchown(a, getuid(), getgid());
		break;
	case 9:
		(void)truncate(a, 10);
		break;
	case 10:
		(void)mkfifo(a, 0600);
		break;
	case 11:
		(void)setxattr(a, "user.x", "y", 1, 0);
		break;
	case 12:
		bind_at(a);
		break;
	default:
		(void)close(open(dir, O_TMPFILE | O_WRONLY, 0600));
		break;
	}
}

static void *storm_thread(void *arg)
{
	const struct worker *w = arg;
	unsigned seed = (unsigned)w->number * 7919U + (unsigned)getpid();
	char a[300], b[300];

	for (int64_t i = 0; i < w->rounds; i++) {
		seed = seed * 1103515245U + 12345U;
		unsigned what = seed >> 8;
		/* Few names: they meet. */
		(void)snprintf(a, sizeof(a), "%s/m%u", dir, what % 23);
		(void)snprintf(b, sizeof(b), "%s/m%u", dir, (what >> 5) % 23);
		if (what % 200 == 0)
			any_child(what / 200);
		else
			any_call(what / 200, a, b);
	}
	return NULL;
}

static int storm(int64_t threads, int64_t ms)
{
	pthread_t ids[THREADS_MAX];

	out("ready\n");
	if (start(storm_thread, threads, INT64_MAX, ids) < 0)
		return 3;
	nap(ms);
	return 21;
}

/* --- bomb: as many processes as there may be --- */

/* A process is counted before it is born: else those that were refused might seem to
 * be all, end, and make room for the others to go on for ever. */
struct bomb {
	atomic_llong born, refused, bad;
};

static void explode(struct bomb *bomb, const int gate[2])
{
	pid_t pid = 0;
	char c;

	(void)close(gate[1]);
	for (int64_t i = 0; pid >= 0; i++) {
		round_of(getpid(), i);
		atomic_fetch_add(&bomb->born, 1);
		pid = fork();
	}
	atomic_fetch_add(&bomb->bad, errno != EAGAIN);
	atomic_fetch_sub(&bomb->born, 1);
	atomic_fetch_add(&bomb->refused, 1);
	(void)!read(gate[0], &c, 1);
	round_of(getpid(), 0);
	atomic_fetch_add(&bomb->bad, atomic_load(&wrong));
	while (wait(NULL) > 0)
		;
	_exit(0);
}

/* All of them have been refused one more: there are as many as may be. */
static int detonate(void)
{
	struct bomb *bomb = mmap(NULL, sizeof(*bomb), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char line[120];
	int gate[2];

	if (bomb == MAP_FAILED || pipe(gate) < 0)
		return 3;
	out("ready\n");
	atomic_store(&bomb->born, 1);
	pid_t pid = fork();
	if (pid == 0)
		explode(bomb, gate);
	while (pid > 0 && atomic_load(&bomb->refused) < atomic_load(&bomb->born))
		nap(5);
	(void)close(gate[1]);
	(void)close(gate[0]);
	while (wait(NULL) > 0)
		;
	(void)snprintf(line, sizeof(line), "born %lld bad %lld\n",
		       atomic_load(&bomb->born), atomic_load(&bomb->bad));
	out(line);
	return atomic_load(&bomb->bad) ? 1 : 0;
}

static int64_t number(char **argv, int argc, int i)
{
	int64_t n = 0;

	return i < argc && num_i64(argv[i], &n) == 0 ? n : 0;
}

int main(int argc, char **argv)
{
	int64_t a = number(argv, argc, 3), b = number(argv, argc, 4);

	if (argc < 3)
		return 2;
	dir = argv[2];
	if (strcmp(argv[1], "calls") == 0 && a > 0 && a <= THREADS_MAX)
		return many_calls(a, b, argc > 5);
	if (strcmp(argv[1], "storm") == 0 && a > 0 && a <= THREADS_MAX)
		return storm(a, b);
	if (strcmp(argv[1], "bomb") == 0)
		return detonate();
	return 2;
}
