/* SPDX-License-Identifier: MIT
 *
 * banned.h - functions that are compile errors here, because a bounded or
 * stricter one exists. Included into every file by the build.
 */
#ifndef CORE_BANNED_H
#define CORE_BANNED_H

/* The headers first: they may use the names that we take away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BANNED(name) sorry_##name##_is_banned_here

#undef strcpy
#define strcpy(a, b) BANNED(strcpy)
#undef strcat
#define strcat(a, b) BANNED(strcat)
#undef strncpy
#define strncpy(a, b, n) BANNED(strncpy)
#undef strncat
#define strncat(a, b, n) BANNED(strncat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef strtok
#define strtok(a, b) BANNED(strtok)
#undef atoi
#define atoi(a) BANNED(atoi)
#undef atol
#define atol(a) BANNED(atol)
#undef strtol
#define strtol(a, b, c) BANNED(strtol)
#undef strtoul
#define strtoul(a, b, c) BANNED(strtoul)
#undef strtoll
#define strtoll(a, b, c) BANNED(strtoll)
#undef strtoull
#define strtoull(a, b, c) BANNED(strtoull)
#undef system
#define system(a) BANNED(system)
#undef popen
#define popen(a, b) BANNED(popen)
#undef tmpnam
#define tmpnam(a) BANNED(tmpnam)
#undef alloca
#define alloca(a) BANNED(alloca)

#endif
