/* SPDX-License-Identifier: MIT
 *
 * knowledge.c - which setting of a known program moves what it writes. Advice beside
 * the plan, for those who would rather have fewer mounts; nothing of the plan rests on
 * it.
 */
#include <errno.h>
#include <string.h>

#include "checks/plan/planning.h"
#include "core/cleanup.h"
#include "core/table.h"

struct knowledge {
	const char *program;
	/* How their last components begin, or, with slashes, what is in their paths;
	 * NULL-terminated. */
	const char *exes[5];
	const char *advice;
	const char *source;
};

static const struct knowledge table[] = {
	{ "nginx",
	  { "nginx", "openresty" },
	  "pid, client_body_temp_path, proxy_temp_path, fastcgi_temp_path, "
	  "uwsgi_temp_path, scgi_temp_path and proxy_cache_path in nginx.conf may all "
	  "lead "
	  "below /tmp; access_log and error_log to /dev/stdout and /dev/stderr. The "
	  "official "
	  "image renders templates into NGINX_ENVSUBST_OUTPUT_DIR (/etc/nginx/conf.d), "
	  "and "
	  "leaves a default.conf alone that it cannot write",
	  "nginx documentation: ngx_http_core_module, ngx_http_proxy_module; "
	  "https://nginx.org/en/docs/; https://hub.docker.com/_/nginx; "
	  "https://github.com/nginx/docker-nginx/issues/416" },
	{ "apache httpd",
	  { "apache2", "httpd" },
	  "PidFile, DefaultRuntimeDir, Mutex and ScoreBoardFile name what it writes at "
	  "start (on Debian from APACHE_RUN_DIR, APACHE_LOCK_DIR and APACHE_PID_FILE in "
	  "envvars); ErrorLog and CustomLog may lead to /dev/stderr and /dev/stdout",
	  "Apache HTTP Server documentation: mpm_common, core; "
	  "https://httpd.apache.org/docs/2.4/" },
	{ "php-fpm",
	  { "php-fpm", "php" },
	  "session.save_path, upload_tmp_dir, sys_temp_dir and opcache.file_cache in "
	  "php.ini, and pid, error_log and listen in php-fpm.conf name what it writes",
	  "PHP manual: php.ini directives, FPM configuration; "
	  "https://www.php.net/manual/en/install.fpm.configuration.php" },
	{ "PostgreSQL",
	  { "postgres", "initdb", "pg_ctl" },
	  "PGDATA holds the data and has to last; unix_socket_directories and "
	  "external_pid_file name the socket and the pid file (default /run/postgresql)",
	  "PostgreSQL documentation: File Locations, Connection Settings; "
	  "https://www.postgresql.org/docs/current/runtime-config.html" },
	{ "MySQL and MariaDB",
	  { "mysqld", "mariadbd", "mariadb-install", "mysql_install" },
	  "datadir has to last; tmpdir, socket, pid_file and log_error name the rest",
	  "MariaDB documentation: Server System Variables; "
	  "https://mariadb.com/kb/en/server-system-variables/" },
	{ "Redis",
	  { "redis-server", "redis-check", "valkey-server" },
	  "dir is where the dump and the append-only file go; --save '' and --appendonly "
	  "no make it write nothing at all",
	  "Redis documentation: Persistence; "
	  "https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/" },
	{ "JVM and Tomcat",
	  { "java" },
	  "-XX:-UsePerfData leaves out /tmp/hsperfdata_USER; -Djava.io.tmpdir moves "
	  "temporary files; Tomcat: CATALINA_BASE with conf, logs, temp, webapps and "
	  "work "
	  "may lie apart from CATALINA_HOME, and CATALINA_TMPDIR moves temp alone",
	  "Apache Tomcat: Introduction, RUNNING.txt; "
	  "https://tomcat.apache.org/tomcat-10.1-doc/introduction.html; the java "
	  "command, "
	  "https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html" },
	{ "Node.js and npm",
	  { "node", "npm" },
	  "npm_config_cache moves ~/.npm, NPM_CONFIG_UPDATE_NOTIFIER=false and "
	  "npm_config_logs_max=0 leave out what it writes at each start; started with "
	  "`node FILE` instead of `npm start` none of it is there",
	  "npm documentation: config; "
	  "https://docs.npmjs.com/cli/v10/using-npm/config" },
	{ "Python and gunicorn",
	  { "python", "gunicorn" },
	  "PYTHONDONTWRITEBYTECODE=1 or PYTHONPYCACHEPREFIX keep __pycache__ out of the "
	  "image's directories; gunicorn: --worker-tmp-dir /dev/shm",
	  "Python documentation: Command line and environment, "
	  "https://docs.python.org/3/using/cmdline.html; gunicorn settings, "
	  "https://docs.gunicorn.org/en/stable/settings.html" },
	{ "Ruby and puma",
	  { "ruby", "puma" },
	  "Rails and puma write tmp/pids, tmp/cache and log below the app: PIDFILE or "
	  "`pidfile` in puma.rb, config.cache_store, RAILS_LOG_TO_STDOUT=1; "
	  "BOOTSNAP_CACHE_DIR moves bootsnap's cache (from 1.7.5 on it also does "
	  "without)",
	  "Configuring Rails Applications; "
	  "https://guides.rubyonrails.org/configuring.html; "
	  "https://github.com/rails/bootsnap; "
	  "https://github.com/puma/puma" },
	{ ".NET",
	  { "dotnet" },
	  "DOTNET_EnableDiagnostics=0 leaves out the diagnostic socket in /tmp; "
	  "DOTNET_BUNDLE_EXTRACT_BASE_DIR is where single-file apps unpack themselves; "
	  "DataProtection keys go to HOME unless they are configured",
	  ".NET runtime configuration settings; "
	  "https://learn.microsoft.com/en-us/dotnet/core/runtime-config/"
	  "debugging-profiling" },
	{ "Datadog agent",
	  { "/datadog-agent/" },
	  "writable: /etc/datadog-agent (an init container copies the defaults), "
	  "/opt/datadog-agent/run, /var/run/datadog, and /var/log/datadog unless "
	  "DD_LOG_TO_CONSOLE alone is on",
	  "Datadog: Read-only root filesystem; "
	  "https://docs.datadoghq.com/containers/guide/readonly-root-filesystem/" },
	{ "CloudWatch agent",
	  { "amazon-cloudwatch-agent", "start-amazon-cloudwatch-agent",
	    "config-translator" },
	  "it translates its configuration at each start: etc, logs and var below "
	  "/opt/aws/amazon-cloudwatch-agent have to be writable",
	  "Amazon CloudWatch agent: Support readonly container file system; "
	  "https://github.com/aws/amazon-cloudwatch-agent/issues/276" },
	{ "Fluent Bit (FireLens)",
	  { "fluent-bit" },
	  "the s3 output buffers in store_dir (default /tmp/fluent-bit/s3), and "
	  "storage.path and the tail input's DB are files; ECS mounts the generated "
	  "configuration itself; the init image writes into /init, beside its own "
	  "script, "
	  "and since 2025 into /tmp/init where it cannot",
	  "Fluent Bit manual: Amazon S3, Buffering and Storage; "
	  "https://docs.fluentbit.io/manual/; "
	  "https://github.com/aws/aws-for-fluent-bit/pull/955" },
	{ "X-Ray daemon and ADOT collector",
	  { "xray", "aws-otel-collector", "awscollector", "otelcol" },
	  "the daemon logs to standard error unless -f names a file; the collector "
	  "writes "
	  "where exporters and extensions (file_storage) of its configuration say",
	  "AWS X-Ray: Configuring the daemon; "
	  "https://docs.aws.amazon.com/xray/latest/devguide/"
	  "xray-daemon-configuration.html" },
	{ "Envoy",
	  { "envoy" },
	  "--base-id and --disable-hot-restart leave out shared memory, "
	  "--admin-address-path "
	  "and --log-path name files; the App Mesh image makes its bootstrap file at "
	  "each "
	  "start, for which a writable /tmp alone was reported not to be enough",
	  "Envoy: Command line options; "
	  "https://www.envoyproxy.io/docs/envoy/latest/operations/cli; "
	  "https://github.com/aws/aws-app-mesh-roadmap/issues/433" },
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "php-fpm" is "php-fpm8.2", and "agent" no "agentx". */
static bool is_version(const char *rest)
{
	return *rest == '\0' || *rest == '-' || *rest == '_' || *rest == '.' ||
	       (*rest >= '0' && *rest <= '9');
}

static bool is_of(const struct knowledge *k, const char *exe)
{
	const char *name = base_name(exe);

	for (size_t i = 0; i < ARRAY_LEN(k->exes) && k->exes[i]; i++) {
		const size_t n = strlen(k->exes[i]);

		if (k->exes[i][0] == '/' && strstr(exe, k->exes[i]))
			return true;
		if (strncmp(name, k->exes[i], n) == 0 && is_version(name + n))
			return true;
	}
	return false;
}

static bool is_seen(const struct planning *p, const struct knowledge *k,
		    const struct list *runs)
{
	LIST_EACH (const char *const, exe, &p->programs)
		if (is_of(k, *exe))
			return true;
	LIST_EACH (const struct inventory_run *const, run, runs)
		LIST_EACH (char *const, word, &(*run)->command)
			if (is_of(k, *word))
				return true;
	return false;
}

int plan_advise(struct planning *p)
{
	AUTO(list_done) struct list runs = { 0 };
	int r = inventory_list_runs(p->inventory, &runs);

	for (size_t i = 0; i < ARRAY_LEN(table) && r == 0; i++) {
		struct plan_advice *slot;

		if (!is_seen(p, &table[i], &runs))
			continue;
		slot = LIST_ADD(&p->plan->advice, struct plan_advice);
		if (!slot || str_set(&slot->program, table[i].program) < 0 ||
		    str_set(&slot->advice, table[i].advice) < 0 ||
		    str_set(&slot->source, table[i].source) < 0)
			r = -ENOMEM;
	}
	return r;
}
