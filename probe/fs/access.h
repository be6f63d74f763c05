/* SPDX-License-Identifier: MIT
 *
 * access.h - who may do what with a file: the kernel's own rules, computed.
 *
 * The app's credentials are often not ours, and asking the kernel with ours
 * would answer another question. So its rules for owner, mode, POSIX ACL and
 * capabilities are here, pure, and compared with the kernel by a test. What
 * is not here: read-only mounts (another question) and LSMs (not to be known).
 */
#ifndef PROBE_FS_ACCESS_H
#define PROBE_FS_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "core/err.h"
#include "core/facts.h"
#include "probe/sys.h"

/* ext4 fits about 500 entries into a block, XFS 25 before it was enlarged. What
 * has more is not computed but unknown. */
#define ACL_ENTRIES_MAX 512

enum acl_tag {
	ACL_TAG_USER_OBJ = 0x01,
	ACL_TAG_USER = 0x02,
	ACL_TAG_GROUP_OBJ = 0x04,
	ACL_TAG_GROUP = 0x08,
	ACL_TAG_MASK = 0x10,
	ACL_TAG_OTHER = 0x20,
};

struct acl_entry {
	uint16_t tag, perm; /* enum acl_tag; R_OK, W_OK, X_OK */
	uint32_t id;	    /* of USER and GROUP */
};

struct acl {
	size_t len;
	struct acl_entry entries[ACL_ENTRIES_MAX];
};

/* Parses the value of system.posix_acl_access (version 2). 0, or -EINVAL, or
 * -E2BIG for more entries than ACL_ENTRIES_MAX. */
int acl_parse(const void *data, size_t len, struct acl *ret, struct err *err);

struct access_object {
	uint32_t mode, uid, gid;
	bool immutable;	       /* nobody writes it. An append-only file can be opened for
				* appending, and an append-only directory takes new entries:
				* to the kernel, and here, both are writable. */
	bool unmapped;	       /* its owner has no number in our user namespace */
	bool acl_unknown;      /* it may carry an ACL that we could not read */
	const struct acl *acl; /* NULL: none */
};

/* What the kernel would answer 'who' that wants R_OK | W_OK | X_OK of the
 * object, reached through directories that it may search. Pure. */
enum tri access_check(const struct identity_facts *who,
		      const struct access_object *object, unsigned want);

/* Is it the group of files that 'who' makes, or one of the others? */
bool access_in_group(const struct identity_facts *who, uint32_t gid);

/* Could an ACL make a difference? Not for the owner, and not where neither the
 * group bits (which hold an ACL's mask) nor the others' have what is wanted. */
bool access_needs_acl(const struct identity_facts *who,
		      const struct access_object *object, unsigned want);

/* The object that a statx describes, without its ACL. */
struct access_object access_object(const struct sys_statx *st);

/* access_check() of the file 'name' in 'dirfd' (or of the O_PATH descriptor
 * itself, where 'name' is empty), which 'st' describes; asks for the ACL where it
 * makes a difference. Opens nothing, follows no link. */
enum tri access_check_at(const struct identity_facts *who, int dirfd, const char *name,
			 const struct sys_statx *st, unsigned want);

/* May 'who' write the file behind 'fd' (O_PATH will do)? For a directory: make
 * entries in it, which takes W and X. A symbolic link is never written: no. */
enum tri access_may_write(const struct identity_facts *who, int fd);

/* Are our own effective credentials those of 'who', as far as files go? Then what
 * the kernel answers us is what it would answer 'who'. */
bool access_is_us(const struct identity_facts *who);

/* Copies the value of the extended attribute 'attr' of 'name' in 'dirfd' ("" for
 * dirfd itself), which is not opened. Its length, or a negative errno. 'size' 0
 * asks for the length alone. */
ssize_t access_xattr(int dirfd, const char *name, const char *attr, void *buf,
		     size_t size);

#endif
