/* SPDX-License-Identifier: MIT */
#include "probe/trace/life/app.h"

#include <errno.h>
#include <unistd.h>

#include "core/cleanup.h"

static int await(int supervisor, enum wire_kind kind, struct err *err)
{
	struct wire message;
	int r = wire_receive(supervisor, &message, NULL);

	if (r < 0)
		return err_set(err, r, "the supervisor ended before the app was started");
	if (message.kind == WIRE_FAILED)
		return err_set(err, message.code, "%s", message.words);
	return message.kind == (int32_t)kind
		       ? 0
		       : err_set(err, -EPROTO, "the supervisor says %d", message.kind);
}

/* From here on calls wait for an answer: so somebody must be there who answers. */
static int listen_to(const struct app *app, int supervisor, struct err *err)
{
	int r = await(supervisor, WIRE_READY, err);

	if (r < 0)
		return r;
	AUTO_CLOSE int listener = listener_install(app->filter, app->features, err);
	if (listener < 0)
		return listener;
	r = listener_send_fd(supervisor, listener);
	if (r < 0)
		return err_set(err, r, "the supervisor: %s", err_words(r));
	return await(supervisor, WIRE_GO, err);
}

int app_become(const struct app *app, int supervisor, int *status, struct err *err)
{
	int r = listen_to(app, supervisor, err);

	*status = APP_NOT_STARTED;
	if (r < 0)
		return r;
	signals_give_back(app->signals);
	(void)execvp(app->argv[0], app->argv);
	r = -errno;
	*status = r == -ENOENT ? APP_NOT_FOUND : APP_NOT_EXECUTABLE;
	return err_set(err, r, "%s: %s", app->argv[0], err_words(r));
}

_Noreturn void app_run(const struct app *app, int supervisor)
{
	struct wire message = { .kind = WIRE_FAILED };
	struct err err = ERR_INIT;
	int status = APP_NOT_STARTED;

	message.code = app_become(app, supervisor, &status, &err);
	message.status = status;
	(void)snprintf(message.words, sizeof(message.words), "%s", err.msg);
	(void)wire_send(supervisor, &message, -1);
	_exit(status);
}
