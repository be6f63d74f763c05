/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "probe/trace/refusals.h"
#include "tests/unit/test.h"

static int64_t now = 1000;

static int64_t test_now(void)
{
	return now++;
}

static struct refusals *start(size_t most)
{
	const struct refusals_options options = { .most = most, .now_ms = test_now };
	struct refusals *r = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(refusals_new(&options, &r, &err), 0);
	return r;
}

static struct event event;
static struct tracee tracee;

/* An event on that path, which gets 'refuse', and otherwise 'natively'. */
static struct event *made(const char *path, int refuse, int natively)
{
	event_init(&event);
	tracee = (struct tracee){ .tid = 1, .exe = "/bin/app" };
	tracee.who.part.known = true;
	tracee.who.euid = 101;
	tracee.who.egid = 102;
	event.tracee = &tracee;
	event.call = "openat";
	event.place[0].len = (size_t)snprintf(event.place[0].path,
					      sizeof(event.place[0].path), "%s", path);
	event.refuse = refuse;
	event.natively = natively;
	return &event;
}

static void read_it(struct refusals *r, const char *ended, int exit,
		    struct rehearsal *ret)
{
	memset(ret, 0, sizeof(*ret));
	assert_int_equal(refusals_read(r, ended, exit, ret), 0);
}

static const struct refusal *at(const struct rehearsal *r, size_t i)
{
	return LIST_AT(&r->refused, struct refusal, i);
}

static void the_same_is_one(void **state)
{
	struct refusals *r = start(0);
	AUTO(rehearsal_done) struct rehearsal got;

	(void)state;
	for (int i = 0; i < 3; i++)
		refusals_add(r, made("/a", EROFS, 0));
	refusals_add(r, made("/a", EROFS, ENOENT));
	refusals_add(r, made("/a", EXDEV, 0));
	refusals_add(r, made("/b", 0, 0));
	read_it(r, "exit", 0, &got);
	assert_int_equal(got.refused.len, 3);
	assert_string_equal(at(&got, 0)->path, "/a");
	assert_string_equal(at(&got, 0)->error, "EROFS");
	assert_int_equal(at(&got, 0)->count, 3);
	assert_string_equal(at(&got, 0)->exe, "/bin/app");
	assert_int_equal(at(&got, 0)->uid, 101);
	assert_int_equal(at(&got, 0)->gid, 102);
	assert_null(at(&got, 0)->natively);
	assert_null(at(&got, 0)->to);
	assert_string_equal(at(&got, 1)->error, "EXDEV");
	assert_string_equal(at(&got, 2)->natively, "ENOENT");
	assert_true(got.valid);
	assert_int_equal(got.events, 6);
	assert_int_equal(got.broken, 4);
	assert_int_equal(got.failing, 1);
	assert_int_equal(got.before_the_end.len, 0);
	refusals_done(r);
}

static void pairs_and_names(void **state)
{
	struct refusals *r = start(0);
	AUTO(rehearsal_done) struct rehearsal got;
	struct event *e = made("/a", EXDEV, 0);

	(void)state;
	e->pair = true;
	e->call = "rename";
	e->place[1].len = (size_t)snprintf(e->place[1].path, 8, "/b");
	refusals_add(r, e);
	e = made("", EROFS, 0);
	e->place[0].nameless = true;
	e->tracee = NULL;
	refusals_add(r, e);
	e = made("/c", EROFS, 0);
	e->asks = true;
	refusals_add(r, e);
	read_it(r, "exit", 0, &got);
	assert_int_equal(got.refused.len, 3);
	assert_string_equal(at(&got, 0)->path, "(deleted)");
	assert_null(at(&got, 0)->exe);
	assert_int_equal(at(&got, 0)->uid, -1);
	assert_string_equal(at(&got, 1)->to, "/b");
	assert_string_equal(at(&got, 1)->call, "rename");
	assert_int_equal(got.asked, 1);
	assert_int_equal(got.broken, 2);
	refusals_done(r);
}

static void expect_invalid(struct refusals *r, const char *words)
{
	AUTO(rehearsal_done) struct rehearsal got;

	assert_false(refusals_sum(r).valid);
	read_it(r, "exit", 0, &got);
	assert_false(got.valid);
	assert_int_equal(got.invalid.len, 1);
	assert_non_null(strstr(*LIST_AT(&got.invalid, char *, 0), words));
	refusals_done(r);
}

static void what_makes_it_invalid(void **state)
{
	struct refusals *r = start(0);
	struct event *e = made("/a", 0, 0);

	(void)state;
	e->unresolved = true;
	e->why = "some reason";
	refusals_add(r, e);
	expect_invalid(r,
		       "1 call could not be followed and was let through: some reason");

	r = start(0);
	refusals_lost(r, 2);
	expect_invalid(r, "2 calls were answered without");

	r = start(0);
	e = made("/a", 0, EACCES);
	e->beyond = true;
	refusals_add(r, e);
	expect_invalid(r, "would work on the plan's mounts");

	r = start(0);
	e = made("/a", 0, 0);
	e->apart = true;
	refusals_add(r, e);
	expect_invalid(r, "mount namespace");

	r = start(0);
	e = made("/a", 0, 0);
	e->note = "a ring";
	e->voids = true;
	refusals_add(r, e);
	expect_invalid(r, "a ring");

	r = start(0);
	refusals_invalid(r, "known before");
	expect_invalid(r, "known before");
}

static void a_note_is_a_blind_spot(void **state)
{
	struct refusals *r = start(0);
	AUTO(rehearsal_done) struct rehearsal got;
	struct event *e = made("/a", 0, 0);

	(void)state;
	e->note = "something";
	refusals_add(r, e);
	refusals_add(r, e);
	read_it(r, "exit", 0, &got);
	assert_true(got.valid);
	assert_int_equal(got.blind_spots.len, 1);
	refusals_done(r);
}

static void too_many_are_lost(void **state)
{
	struct refusals *r = start(2);
	AUTO(rehearsal_done) struct rehearsal got;

	(void)state;
	refusals_add(r, made("/a", EROFS, 0));
	refusals_add(r, made("/b", EROFS, 0));
	assert_true(refusals_sum(r).valid);
	refusals_add(r, made("/c", EROFS, 0));
	refusals_add(r, made("/a", EROFS, 0));
	read_it(r, "exit", 0, &got);
	assert_false(got.valid);
	assert_int_equal(got.refused.len, 2);
	assert_int_equal(got.lost, 1);
	assert_int_equal(got.broken, 4);
	assert_non_null(strstr(*LIST_AT(&got.invalid, char *, 0), "more than 2"));
	refusals_done(r);
}

static void the_last_ones_before_a_bad_end(void **state)
{
	struct refusals *r = start(0);
	AUTO(rehearsal_done) struct rehearsal got;
	char path[16];

	(void)state;
	for (int i = 0; i < 15; i++) {
		(void)snprintf(path, sizeof(path), "/%d", i);
		refusals_add(r, made(path, EROFS, 0));
	}
	refusals_add(r, made("/10", EROFS, 0));
	refusals_add(r, made("/10", EROFS, 0));
	read_it(r, "exit", 1, &got);
	assert_int_equal(got.before_the_end.len, REFUSALS_LAST);
	const struct refusal *last = LIST_AT(&got.before_the_end, struct refusal, 0);
	assert_string_equal(last[0].path, "/10");
	assert_int_equal(last[0].count, 3);
	assert_string_equal(last[1].path, "/14");
	assert_string_equal(last[2].path, "/13");
	assert_string_equal(last[4].path, "/11");
	assert_string_equal(last[5].path, "/9");
	assert_string_equal(last[9].path, "/5");
	refusals_done(r);
}

static void until_the_end_it_is_not_valid(void **state)
{
	struct refusals *r = start(0);
	AUTO(rehearsal_done) struct rehearsal got;

	(void)state;
	assert_true(refusals_is_new(r));
	read_it(r, NULL, -1, &got);
	assert_false(refusals_is_new(r));
	assert_false(got.valid);
	assert_string_equal(got.ended, "running");
	assert_int_equal(got.invalid.len, 1);
	refusals_add(r, made("/a", EROFS, 0));
	assert_true(refusals_is_new(r));
	refusals_done(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_is_one),
		cmocka_unit_test(pairs_and_names),
		cmocka_unit_test(what_makes_it_invalid),
		cmocka_unit_test(a_note_is_a_blind_spot),
		cmocka_unit_test(too_many_are_lost),
		cmocka_unit_test(the_last_ones_before_a_bad_end),
		cmocka_unit_test(until_the_end_it_is_not_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
