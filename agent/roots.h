/* SPDX-License-Identifier: MIT
 *
 * roots.h - the root certificates that HTTPS trusts unless a file overrides them:
 * Amazon's, in PEM. An image FROM scratch has no /etc/ssl, and nothing but AWS is
 * asked over HTTPS. cmake/Roots.cmake takes them from the ca-certificates package of
 * the machine that builds.
 */
#ifndef AGENT_ROOTS_H
#define AGENT_ROOTS_H

#include <stddef.h>

extern const char http_roots[];	    /* NUL-terminated, for CURLOPT_CAINFO_BLOB */
extern const size_t http_roots_len; /* without the NUL */

#endif
