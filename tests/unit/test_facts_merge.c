/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "core/cleanup.h"
#include "core/facts.h"
#include "tests/unit/test.h"

static void facts_done(struct facts *f)
{
	record_done(&facts_type, f);
}

static struct facts seen_as(const char *name, const char *by)
{
	return (struct facts){ .container = strdup(name), .seen_by = strdup(by) };
}

static void know_root(struct facts *f, bool writable)
{
	f->root.part.known = true;
	f->root.writable = writable;
	f->root.method = ROOT_UNLINK;
}

TEST(merge_completes_what_was_not_known)
{
	AUTO(facts_done) struct facts into = seen_as("app", "the sidecar");
	AUTO(facts_done) struct facts from = seen_as("app", "within");

	part_unknown(&into.root.part, "no permission", "SYS_PTRACE");
	know_root(&from, true);
	from.root.fstype = strdup("overlay");
	assert_int_equal(facts_merge(&into, &from, NULL), 0);
	assert_true(into.root.part.known);
	assert_true(into.root.writable);
	assert_null(into.root.part.why); /* no reason is left for not knowing it */
	assert_null(into.root.part.grants);
	assert_string_equal(into.root.part.seen_by, "within");
	assert_string_equal(into.root.fstype, "overlay");
	assert_true(into.root.fstype != from.root.fstype);
	assert_false(into.identity.part.known);
}

TEST(merge_prefers_its_own_sight)
{
	AUTO(facts_done) struct facts into = seen_as("app", "the sidecar");
	AUTO(facts_done) struct facts from = seen_as("app", "within");
	AUTO(texts_done) struct list disagree = { 0 };

	know_root(&into, true);
	know_root(&from, false); /* what a container says of itself may be a lie */
	into.identity.part.known = from.identity.part.known = true;
	assert_int_equal(facts_merge(&into, &from, &disagree), 0);
	assert_true(into.root.writable);
	assert_int_equal(disagree.len, 1);
	assert_true(texts_have(&disagree, "root"));
	assert_int_equal(facts_merge(&into, &from, NULL), 0);
}

TEST(merge_who_saw_it_is_no_disagreement)
{
	AUTO(facts_done) struct facts into = seen_as("app", "the sidecar");
	AUTO(facts_done) struct facts from = seen_as("app", "within");
	AUTO(texts_done) struct list disagree = { 0 };

	know_root(&into, true);
	know_root(&from, true);
	into.root.part.seen_by = strdup("the sidecar");
	from.root.part.seen_by = strdup("within");
	from.root.part.why = strdup("in part");
	assert_int_equal(facts_merge(&into, &from, &disagree), 0);
	assert_int_equal(disagree.len, 0);
	assert_string_equal(into.root.part.seen_by, "the sidecar");
}

/* Every part, both ways, so that a new one cannot be forgotten. */
TEST(merge_takes_every_part)
{
	for (const struct facts_part *p = facts_parts; p->name; p++) {
		AUTO(facts_done) struct facts into = seen_as("a", "x");
		AUTO(facts_done) struct facts from = seen_as("a", "y");

		assert_int_equal(facts_merge(&into, &from, NULL), 0);
		assert_false(facts_part_of(&into, p)->known);
		facts_part_of(&from, p)->known = true;
		assert_int_equal(facts_merge(&into, &from, NULL), 0);
		for (const struct facts_part *q = facts_parts; q->name; q++)
			assert_int_equal(facts_part_of(&into, q)->known, p == q);
		assert_string_equal(facts_part_of(&into, p)->seen_by, "y");
	}
}

TEST(merge_completes_ids)
{
	AUTO(facts_done) struct facts into = seen_as("app", "the sidecar");
	AUTO(facts_done) struct facts from = seen_as("app", "within");

	into.docker_id = strdup("mine");
	from.docker_id = strdup("theirs");
	from.endpoint_id = strdup("e");
	from.command = strdup("sh");
	from.running = true;
	assert_int_equal(facts_merge(&into, &from, NULL), 0);
	assert_string_equal(into.docker_id, "mine");
	assert_string_equal(into.endpoint_id, "e");
	assert_string_equal(into.command, "sh");
	assert_true(into.running);
}

TEST(same_container_goes_by_the_strongest_id)
{
	AUTO(facts_done) struct facts a = seen_as("app", "x");
	AUTO(facts_done) struct facts b = seen_as("app", "y");
	AUTO(facts_done) struct facts other = seen_as("other", "y");

	assert_true(facts_same_container(&a, &b));
	assert_false(facts_same_container(&a, &other));
	a.endpoint_id = strdup("1");
	b.endpoint_id = strdup("2");
	assert_false(facts_same_container(&a, &b));
	a.docker_id = strdup("d");
	b.docker_id = strdup("d");
	assert_true(facts_same_container(&a, &b));
}

TEST(same_container_never_joins_the_nameless)
{
	AUTO(facts_done) struct facts a = seen_as("?1", "x");
	AUTO(facts_done) struct facts b = seen_as("?1", "y");
	struct facts none = { 0 };

	assert_false(facts_same_container(&a, &b));
	assert_false(facts_same_container(&none, &none));
}

/* Two machines, each of which calls its own container that. */
TEST(same_container_does_not_go_by_self)
{
	AUTO(facts_done) struct facts a = seen_as(FACTS_SELF, "itself");
	AUTO(facts_done) struct facts b = seen_as(FACTS_SELF, "itself");

	a.pid = b.pid = 1;
	a.start_ticks = 10;
	b.start_ticks = 20;
	assert_false(facts_same_container(&a, &b));
	b.start_ticks = 10;
	assert_true(facts_same_container(&a, &b));
}

TEST(facts_documents_round_trip)
{
	AUTO(facts_list_done) struct list list = { 0 }, back = { 0 };
	AUTO(str_done) struct str text = STR_INIT(1 << 20);
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct json_out o = JSON_OUT_INIT(&text, true);
	struct err err = ERR_INIT;

	*LIST_ADD(&list, struct facts) = seen_as("a", "itself");
	*LIST_ADD(&list, struct facts) = seen_as("b", "itself");
	know_root(LIST_AT(&list, struct facts, 1), true);
	facts_write(&o, "1.2.3", &list);
	assert_int_equal(json_parse(text.s, text.len, &doc, &err), 0);
	assert_string_equal(json_text(json_get(doc.root, "schema")), "taskprobe.facts/1");
	assert_int_equal(facts_read(&doc, &back, &err), 0);
	assert_int_equal(back.len, 2);
	assert_string_equal(LIST_AT(&back, struct facts, 0)->container, "a");
	assert_true(LIST_AT(&back, struct facts, 1)->root.writable);
}

TEST(facts_read_leaves_the_list_alone_on_failure)
{
	static const char text[] = "{\"facts\":[{\"container\":\"a\"},{\"pid\":\"x\"}]}";
	AUTO(facts_list_done) struct list list = { 0 };
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct err err = ERR_INIT;

	*LIST_ADD(&list, struct facts) = seen_as("kept", "itself");
	assert_int_equal(json_parse(text, strlen(text), &doc, &err), 0);
	assert_int_equal(facts_read(&doc, &list, &err), -EINVAL);
	assert_int_equal(list.len, 1);
	assert_string_equal(LIST_AT(&list, struct facts, 0)->container, "kept");
}

TEST(caps_have_names_both_ways)
{
	assert_string_equal(cap_name(21), "SYS_ADMIN");
	assert_int_equal(cap_bit("CAP_SYS_ADMIN"), 21);
	assert_int_equal(cap_bit("sys_admin"), 21);
	assert_int_equal(cap_bit("NO_SUCH"), -1);
	assert_int_equal(cap_bit(""), -1);
	assert_int_equal(cap_bit("CAP_"), -1);
	assert_null(cap_name(64));
	for (unsigned bit = 0; cap_name(bit); bit++)
		assert_int_equal(cap_bit(cap_name(bit)), bit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merge_completes_what_was_not_known),
		cmocka_unit_test(merge_prefers_its_own_sight),
		cmocka_unit_test(merge_who_saw_it_is_no_disagreement),
		cmocka_unit_test(merge_takes_every_part),
		cmocka_unit_test(merge_completes_ids),
		cmocka_unit_test(same_container_goes_by_the_strongest_id),
		cmocka_unit_test(same_container_never_joins_the_nameless),
		cmocka_unit_test(same_container_does_not_go_by_self),
		cmocka_unit_test(facts_documents_round_trip),
		cmocka_unit_test(facts_read_leaves_the_list_alone_on_failure),
		cmocka_unit_test(caps_have_names_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
