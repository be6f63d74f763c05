/* SPDX-License-Identifier: MIT */
#include "probe/caps.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/cleanup.h"

static void cap_done(const cap_t *caps)
{
	if (*caps)
		(void)cap_free(*caps);
}

static uint64_t mask_of(cap_t caps, cap_flag_t flag)
{
	uint64_t mask = 0;

	for (int bit = 0; bit < cap_max_bits(); bit++) {
		cap_flag_value_t on = CAP_CLEAR;

		if (cap_get_flag(caps, bit, flag, &on) == 0 && on == CAP_SET)
			mask |= CAP_MASK((unsigned)bit);
	}
	return mask;
}

int caps_get(struct caps *ret, struct err *err)
{
	AUTO(cap_done) cap_t caps = cap_get_proc();

	if (!caps)
		return err_set(err, -errno, "read our capabilities");
	ret->effective = mask_of(caps, CAP_EFFECTIVE);
	ret->permitted = mask_of(caps, CAP_PERMITTED);
	ret->inheritable = mask_of(caps, CAP_INHERITABLE);
	return 0;
}

static int raise_flags(cap_t caps, cap_flag_t flag, uint64_t mask)
{
	for (int bit = 0; bit < cap_max_bits(); bit++) {
		const cap_value_t value = bit;

		if ((mask & CAP_MASK((unsigned)bit)) &&
		    cap_set_flag(caps, flag, 1, &value, CAP_SET) < 0)
			return -errno;
	}
	return 0;
}

int caps_set(const struct caps *want, struct err *err)
{
	AUTO(cap_done) cap_t caps = cap_init();
	int r;

	if (!caps)
		return err_set(err, -errno, "capabilities");
	r = raise_flags(caps, CAP_PERMITTED, want->permitted);
	if (r == 0)
		r = raise_flags(caps, CAP_EFFECTIVE, want->effective);
	if (r == 0)
		r = raise_flags(caps, CAP_INHERITABLE, want->inheritable);
	if (r == 0 && cap_set_proc(caps) < 0)
		r = -errno;
	return r < 0 ? err_set(err, r, "set our capabilities") : 0;
}

uint64_t caps_ambient(void)
{
	uint64_t mask = 0;

	for (int bit = 0; bit < cap_max_bits(); bit++)
		if (cap_get_ambient(bit) == CAP_SET)
			mask |= CAP_MASK((unsigned)bit);
	return mask;
}

static int take_groups(const struct identity_facts *who, struct err *err)
{
	const size_t n = who->groups.len;
	AUTO_FREE gid_t *groups = calloc(n ? n : 1, sizeof(*groups));

	if (!groups)
		return err_set(err, -ENOMEM, "groups");
	for (size_t i = 0; i < n; i++)
		groups[i] = (gid_t)*LIST_AT(&who->groups, int64_t, i);
	if (setgroups(n, groups) < 0)
		return err_set(err, -errno, "take the groups of uid %lld",
			       (long long)who->euid);
	return 0;
}

static int take_ids(const struct identity_facts *who, struct err *err)
{
	const uid_t uid = (uid_t)who->euid;
	const gid_t gid = (gid_t)who->egid;
	uid_t r, e, s;

	if (setresgid(gid, gid, gid) < 0)
		return err_set(err, -errno, "take gid %lld", (long long)who->egid);
	if (setresuid(uid, uid, uid) < 0)
		return err_set(err, -errno, "take uid %lld", (long long)who->euid);
	if (getresuid(&r, &e, &s) < 0 || r != uid || e != uid || s != uid)
		return err_set(err, -EPERM, "take uid %lld: it did not stay",
			       (long long)who->euid);
	return 0;
}

int caps_become(const struct identity_facts *who, uint64_t keep, struct err *err)
{
	struct caps have;
	int r = caps_get(&have, err);

	if (r < 0)
		return r;
	/* SETUID and SETGID may be permitted and not effective: a file capability +p. */
	have.effective = have.permitted;
	r = caps_set(&have, err);
	if (r < 0)
		return r;
	/* Refused where securebits lock it: then nothing is kept, and caps_set() says so.
	 */
	(void)prctl(PR_SET_KEEPCAPS, keep != 0, 0, 0, 0);
	r = take_groups(who, err);
	if (r == 0)
		r = take_ids(who, err);
	if (r < 0)
		return r;
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	keep &= have.permitted;
	return caps_set(&(struct caps){ .effective = keep, .permitted = keep }, err);
}
