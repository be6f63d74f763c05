/* SPDX-License-Identifier: MIT
 *
 * subject.h - questions that several rules ask of task and facts.
 */
#ifndef CHECKS_SUBJECT_H
#define CHECKS_SUBJECT_H

#include "checks/control.h"

enum os { OS_UNKNOWN, OS_ABSENT, OS_LINUX, OS_WINDOWS };

/* What runtimePlatform.operatingSystemFamily says. */
enum os task_os(const struct task *task);

/* For a declared rule about Linux containers: false where the definition is for
 * Windows (not applicable) or for a family that we do not know (unknown), which is in
 * *ret then. */
bool subject_on_linux(const struct subject *s, struct answer *ret);

/* Does it run on Fargate, or is it made for it? */
bool task_on_fargate(const struct task *task);

/* A definition that was read and is the running task's. */
bool task_has_definition(const struct task *task);

/* The volume of the definition with that name; NULL if it has none. */
const struct decl_volume *task_volume(const struct task *task, const char *name);

/* "web:7", by who knows it best, or "task"; freed by the caller. NULL: no memory. */
char *task_label(const struct task *task);

/* " (line 12)", or "" where there is no place. */
struct where {
	char s[32];
};
struct where where(int64_t line);

/* True where 'part' of s->facts is known. Otherwise says why not in *ret, whose
 * verdict stays unknown. 'part' is not touched where s->facts is NULL. */
bool subject_knows(const struct subject *s, const struct part *part, struct answer *ret);
#define KNOWS(s, member, ret) \
	subject_knows((s), (s)->facts ? &(s)->facts->member.part : NULL, (ret))

/* "it was seen incompletely: WHY": for a rule that would pass because it found
 * nothing, while a known part says that something could not be looked at. */
bool subject_incomplete(const struct part *part, struct answer *ret);

/* The namespace of that kind; NULL where it is not known. */
const struct namespace_fact *facts_namespace(const struct facts *facts, const char *kind);

/* Does any container of the task share that namespace with the host? One sight
 * of a private one answers for all: ECS sets it per task. *ret (may be NULL) gets
 * the facts that answered. */
enum tri task_shares(const struct subject *s, const char *kind, const struct facts **ret);

/* Did it start as root, or is a process of it root? NO only where all is known. */
enum tri facts_root(const struct facts *facts);
/* A process of root's (or of a uid that could not be read) in the container whose parent
 * is gone: a daemon of the app's own, or what somebody who entered left behind. Nobody
 * can tell which. NULL: none. */
const struct entered_fact *facts_stray(const struct facts *facts);

/* Is it what Docker calls privileged? */
enum tri facts_privileged(const struct facts *facts);

/* The user part of "user:group" is root, or a spelling of 0, or empty. */
bool user_is_root(const char *user);

/* Is 'path' the directory 'dir' or below it? Both absolute; slashes may repeat. */
bool path_within(const char *path, const char *dir);

/* Is 'name' a pause container or another of the platform's own making? */
bool running_is_platform(const struct running_container *running);

/* Appends the names of the capabilities in 'mask', the most dangerous first. */
void caps_name(struct str *out, uint64_t mask);

#endif
