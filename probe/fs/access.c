/* SPDX-License-Identifier: MIT */
#include "probe/fs/access.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "core/cleanup.h"
#include "probe/root.h"

#define ACL_VERSION    2
#define ACL_HEADER_LEN 4
#define ACL_ENTRY_LEN  8
#define ACL_XATTR      "system.posix_acl_access"

/* fs.overflowuid and overflowgid: what an owner without a number looks like. */
#define OVERFLOW_ID 65534

/* The capabilities that generic_permission() asks for, and FOWNER, CHOWN and
 * FSETID, which decide what creating and opening with O_NOATIME answer. */
#define FILE_CAPS                                                     \
	(CAP_MASK(CAP_DAC_OVERRIDE) | CAP_MASK(CAP_DAC_READ_SEARCH) | \
	 CAP_MASK(CAP_FOWNER) | CAP_MASK(CAP_CHOWN) | CAP_MASK(CAP_FSETID))

/* --- the ACL --- */

/* Extended attributes are little-endian on every machine. */
static uint32_t read_le(const unsigned char *p, unsigned bytes)
{
	uint32_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | p[bytes];
	return value;
}

static bool tag_is_known(uint16_t tag)
{
	switch (tag) {
	case ACL_TAG_USER_OBJ:
	case ACL_TAG_USER:
	case ACL_TAG_GROUP_OBJ:
	case ACL_TAG_GROUP:
	case ACL_TAG_MASK:
	case ACL_TAG_OTHER:
		return true;
	default:
		return false;
	}
}

int acl_parse(const void *data, size_t len, struct acl *ret, struct err *err)
{
	const unsigned char *p = data;

	if (len < ACL_HEADER_LEN || (len - ACL_HEADER_LEN) % ACL_ENTRY_LEN != 0)
		return err_set(err, -EINVAL, "ACL of %zu bytes: no whole entries", len);
	if (read_le(p, 4) != ACL_VERSION)
		return err_set(err, -EINVAL, "ACL of version %u",
			       (unsigned)read_le(p, 4));
	size_t count = (len - ACL_HEADER_LEN) / ACL_ENTRY_LEN;
	if (count > ACL_ENTRIES_MAX)
		return err_set(err, -E2BIG, "ACL of %zu entries", count);
	p += ACL_HEADER_LEN;
	for (size_t i = 0; i < count; i++, p += ACL_ENTRY_LEN) {
		struct acl_entry e = { .tag = (uint16_t)read_le(p, 2),
				       .perm = (uint16_t)read_le(p + 2, 2),
				       .id = read_le(p + 4, 4) };

		if (!tag_is_known(e.tag) || e.perm > 7)
			return err_set(err, -EINVAL, "ACL entry %zu: tag %u, mode %u", i,
				       e.tag, e.perm);
		ret->entries[i] = e;
	}
	ret->len = count;
	return 0;
}

bool access_in_group(const struct identity_facts *who, uint32_t gid)
{
	if (who->fsgid == gid)
		return true;
	LIST_EACH (const int64_t, it, &who->groups)
		if (*it == gid)
			return true;
	return false;
}

static bool masked_allows(const struct acl *acl, size_t at, unsigned want)
{
	for (size_t i = at + 1; i < acl->len; i++)
		if (acl->entries[i].tag == ACL_TAG_MASK)
			return (acl->entries[at].perm & acl->entries[i].perm & want) ==
			       want;
	return (acl->entries[at].perm & want) == want;
}

/* posix_acl_permission(): the first entry that names us decides, but of the groups
 * one that grants everything is looked for. */
static bool acl_allows(const struct identity_facts *who, const struct access_object *o,
		       unsigned want)
{
	bool found = false;

	for (size_t i = 0; i < o->acl->len; i++) {
		const struct acl_entry *e = &o->acl->entries[i];

		switch ((enum acl_tag)e->tag) {
		case ACL_TAG_USER_OBJ:
			if (who->fsuid == o->uid)
				return (e->perm & want) == want;
			break;
		case ACL_TAG_USER:
			if (who->fsuid == e->id)
				return masked_allows(o->acl, i, want);
			break;
		case ACL_TAG_GROUP_OBJ:
		case ACL_TAG_GROUP:
			if (!access_in_group(who,
					     e->tag == ACL_TAG_GROUP ? e->id : o->gid))
				break;
			found = true;
			if ((e->perm & want) == want)
				return masked_allows(o->acl, i, want);
			break;
		case ACL_TAG_MASK:
			break;
		case ACL_TAG_OTHER:
			return !found && (e->perm & want) == want;
		}
	}
	return false; /* the kernel calls it EIO */
}

/* --- the rules --- */

static bool mode_allows(const struct identity_facts *who, const struct access_object *o,
			unsigned want)
{
	unsigned mode = o->mode;

	if (who->fsuid == o->uid)
		mode >>= 6;
	else if (o->acl && (mode & S_IRWXG))
		return acl_allows(who, o, want);
	else if (access_in_group(who, o->gid))
		mode >>= 3;
	return (want & ~(mode & 7)) == 0;
}

/* The second half of generic_permission(). */
static bool caps_allow(const struct identity_facts *who, const struct access_object *o,
		       unsigned want)
{
	bool override = who->cap_effective & CAP_MASK(CAP_DAC_OVERRIDE);
	bool search = who->cap_effective & CAP_MASK(CAP_DAC_READ_SEARCH);

	if (S_ISDIR(o->mode))
		return override || (search && !(want & W_OK));
	if (search && want == R_OK)
		return true;
	return override && (!(want & X_OK) || (o->mode & 0111));
}

bool access_needs_acl(const struct identity_facts *who, const struct access_object *o,
		      unsigned want)
{
	unsigned group = o->mode >> 3 & 7, other = o->mode & 7;

	if (S_ISLNK(o->mode) || who->fsuid == o->uid || group == 0)
		return false;
	if ((want & ~group) && (want & ~other))
		return false;
	return !caps_allow(who, o, want);
}

enum tri access_check(const struct identity_facts *who, const struct access_object *o,
		      unsigned want)
{
	if (!who->part.known)
		return TRI_UNKNOWN;
	if ((want & W_OK) && o->immutable)
		return TRI_NO;
	/* Whose it is cannot be compared, and a capability does not reach it. */
	if (o->unmapped)
		return TRI_UNKNOWN;
	if (caps_allow(who, o, want))
		return TRI_YES;
	if (o->acl_unknown && access_needs_acl(who, o, want))
		return TRI_UNKNOWN;
	return mode_allows(who, o, want) ? TRI_YES : TRI_NO;
}

/* --- looking --- */

/* "0 0 4294967295": every number means itself, nothing is unmapped. */
static bool maps_all(const struct root *proc, const char *path)
{
	AUTO(str_done) struct str text = STR_INIT(64 * 1024);
	struct err err = ERR_INIT;
	unsigned inside, outside, count;

	if (root_read(proc, path, &text, &err) < 0)
		return false;
	return sscanf(text.s, "%u %u %u", &inside, &outside, &count) == 3 &&
	       inside == 0 && outside == 0 && count == UINT32_MAX;
}

/* In a user namespace, files of whoever has no number there show the overflow
 * ids, and so do files that really belong to those. Asked once. */
static bool overflow_is_ambiguous(void)
{
	static enum tri ambiguous;
	AUTO(root_done) struct root proc = ROOT_INIT;
	struct err err = ERR_INIT;

	if (ambiguous != TRI_UNKNOWN)
		return ambiguous == TRI_YES;
	ambiguous = root_open("/proc", &proc, &err) == 0 &&
				    maps_all(&proc, "self/uid_map") &&
				    maps_all(&proc, "self/gid_map")
			    ? TRI_NO
			    : TRI_YES;
	return ambiguous == TRI_YES;
}

struct access_object access_object(const struct sys_statx *st)
{
	bool overflow = st->uid == OVERFLOW_ID || st->gid == OVERFLOW_ID;

	return (struct access_object){
		.mode = st->mode,
		.uid = st->uid,
		.gid = st->gid,
		.immutable = st->attributes & SYS_STATX_ATTR_IMMUTABLE,
		.unmapped = overflow && overflow_is_ambiguous(),
	};
}

/* fgetxattr refuses O_PATH descriptors, and getxattrat is too new; the path below
 * the magic link names what the descriptor holds, whatever was renamed. */
ssize_t access_xattr(int dirfd, const char *name, const char *attr, void *buf,
		     size_t size)
{
	char path[sizeof("/proc/self/fd/-2147483648/") + NAME_MAX];
	int n = snprintf(path, sizeof(path), "/proc/self/fd/%d%s%s", dirfd,
			 name[0] ? "/" : "", name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	ssize_t r = name[0] ? lgetxattr(path, attr, buf, size)
			    : getxattr(path, attr, buf, size);

	return r < 0 ? -errno : r;
}

static void object_acl(struct access_object *o, int dirfd, const char *name,
		       struct acl *acl)
{
	unsigned char buf[ACL_HEADER_LEN + ACL_ENTRIES_MAX * ACL_ENTRY_LEN];
	struct err err = ERR_INIT;
	ssize_t n = access_xattr(dirfd, name, ACL_XATTR, buf, sizeof(buf));

	if (n == -ENODATA || n == -EOPNOTSUPP)
		return;
	if (n < 0 || acl_parse(buf, (size_t)n, acl, &err) < 0)
		o->acl_unknown = true;
	else
		o->acl = acl;
}

enum tri access_check_at(const struct identity_facts *who, int dirfd, const char *name,
			 const struct sys_statx *st, unsigned want)
{
	struct access_object o = access_object(st);
	struct acl acl;

	if (access_needs_acl(who, &o, want))
		object_acl(&o, dirfd, name, &acl);
	return access_check(who, &o, want);
}

enum tri access_may_write(const struct identity_facts *who, int fd)
{
	struct sys_statx st;

	if (sys_statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT,
		      SYS_STATX_TYPE | SYS_STATX_MODE | SYS_STATX_UID | SYS_STATX_GID,
		      &st) < 0)
		return TRI_UNKNOWN;
	if (S_ISLNK(st.mode))
		return TRI_NO;
	return access_check_at(who, fd, "", &st, S_ISDIR(st.mode) ? W_OK | X_OK : W_OK);
}

static bool groups_are(const struct identity_facts *who, const gid_t *groups, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!access_in_group(who, groups[i]))
			return false;
	LIST_EACH (const int64_t, it, &who->groups) {
		bool ours = *it == who->fsgid;

		for (size_t i = 0; i < len && !ours; i++)
			ours = *it == groups[i];
		if (!ours)
			return false;
	}
	return true;
}

bool access_is_us(const struct identity_facts *who)
{
	AUTO_FREE gid_t *groups = NULL;
	uint64_t caps;
	int len = getgroups(0, NULL);

	/* An id that cannot be set leaves the old one, which is what is returned. */
	if (!who->part.known || len < 0 || who->fsuid != (int64_t)(uid_t)setfsuid(~0U) ||
	    who->fsgid != (int64_t)(gid_t)setfsgid(~0U) || sys_cap_effective(&caps) < 0)
		return false;
	groups = calloc((size_t)len + 1, sizeof(*groups));
	len = groups ? getgroups(len, groups) : -1;
	return len >= 0 && groups_are(who, groups, (size_t)len) &&
	       ((caps ^ who->cap_effective) & FILE_CAPS) == 0;
}
