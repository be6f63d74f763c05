/* SPDX-License-Identifier: MIT */
#include "checks/plan/image.h"

#include <errno.h>

#include "core/cleanup.h"
#include "core/json.h"

/* A container's arguments must fit into 128 KiB each and 2 MiB in all; what anybody
 * writes is a dozen. */
#define WORDS_MAX 4096

/* Docker and podman spell the outer member "Config", OCI "config"; the inner ones are
 * the same. */
static const struct json *find_config(const struct json *root)
{
	const struct json *one = root;

	if (json_kind(root) == JSON_LIST)
		one = json_first(root);
	if (!one || json_kind(one) != JSON_OBJECT)
		return NULL;
	const struct json *config = json_get(one, "Config");
	if (!config)
		config = json_get(one, "config");
	return config && json_kind(config) == JSON_OBJECT ? config : NULL;
}

static int read_words(const struct json_doc *doc, const struct json *config,
		      const char *key, struct list *ret, struct err *err)
{
	const struct json *list = json_get(config, key);

	if (!list)
		return 0;
	struct place p = json_place(doc, list);
	if (json_kind(list) != JSON_LIST)
		return err_set(err, -EINVAL, "line %zu, column %zu: %s is no list",
			       p.line, p.column, key);
	for (const struct json *v = json_first(list); v; v = json_next(v)) {
		if (!json_text(v))
			return err_set(err, -EINVAL,
				       "line %zu, column %zu: %s holds what is no string",
				       p.line, p.column, key);
		if (ret->len == WORDS_MAX)
			return err_set(err, -E2BIG, "%s has more than %d words", key,
				       WORDS_MAX);
		if (texts_add(ret, json_text(v)) < 0)
			return err_set(err, -ENOMEM, "out of memory");
	}
	return 0;
}

int image_config_parse(const char *text, size_t len, struct image_config *ret,
		       struct err *err)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	AUTO(image_config_done) struct image_config got = { 0 };
	int r = json_parse(text, len, &doc, err);

	if (r < 0)
		return r;
	const struct json *first = json_first(doc.root);
	if (json_kind(doc.root) == JSON_LIST && first && json_next(first))
		return err_set(err, -EINVAL, "it describes several images, not one");
	const struct json *config = find_config(doc.root);
	if (!config)
		return err_set(
			err, -EINVAL,
			"no image configuration in it: give what `docker inspect "
			"IMAGE`, `podman inspect IMAGE` or `skopeo inspect --config` "
			"prints");
	if ((r = read_words(&doc, config, "Entrypoint", &got.entrypoint, err)) < 0 ||
	    (r = read_words(&doc, config, "Cmd", &got.command, err)) < 0)
		return r;
	*ret = got;
	got = (struct image_config){ 0 };
	return 0;
}

void image_config_done(struct image_config *config)
{
	texts_done(&config->entrypoint);
	texts_done(&config->command);
}
