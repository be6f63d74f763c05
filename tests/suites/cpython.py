# SPDX-License-Identifier: MIT
"""CPython's own tests, of the package that carries them: what touches files, processes,
signals, threads and sockets."""
import os
import xml.etree.ElementTree

NAME = "cpython"
WHO = ("container", "user")
PYTHON = "/usr/bin/python3"
SECONDS = 600
MODULES = """
test_eintr test_signal test_threadsignals test_os test_posix test_posixpath
test_genericpath test_subprocess test_fork1 test_wait3 test_wait4 test_pty test_openpty
test_popen test_tempfile test_shutil test_pathlib test_glob test_stat test_fileio test_file
test_io test_bufio test_mmap test_fcntl test_lockf test_ioctl test_select test_selectors
test_poll test_epoll test_socket test_socketserver test_asyncore test_threading
test_thread test_threading_local test_queue test_multiprocessing_fork
test_multiprocessing_spawn test_multiprocessing_forkserver test_concurrent_futures
test_asyncio test_mailbox test_tarfile test_zipfile test_gzip test_bz2 test_lzma
test_shelve test_dbm test_dbm_dumb test_dbm_gnu test_dbm_ndbm test_sqlite3 test_logging
test_import test_importlib test_zipimport test_py_compile test_compileall test_runpy
test_cmd_line test_cmd_line_script test_faulthandler test_atexit test_resource
test_unicode_file test_unicode_file_functions test_netrc test_filecmp test_fileinput
test_linecache test_httpservers test_ftplib test_smtplib test_uuid test_pwd test_grp
test_sched test_time test_kqueue test_ntpath test_inspect test_pickle test_trace
test_regrtest test_support test_site test_venv test_zipapp test_gc test_weakref
""".split()


def ready():
    """Why it cannot be run, or None."""
    if os.system(f"{PYTHON} -c 'import test.test_os' >/dev/null 2>&1") != 0:
        return "CPython's tests are not installed"
    return None


def units(short):
    return list(short or MODULES)


def results(path):
    found = {}
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        words = [c.tag for c in case if c.tag in ("failure", "error", "skipped")]
        found[case.get("name", "?")] = words[0] if words else case.get("result", "completed")
    return found


def run(unit, where):
    """({test: result}, seconds, output)"""
    report = os.path.join(where.path, "junit.xml")
    # In some virtual machines an accept() on vsock never returns.
    output, status, seconds = where([PYTHON, "-m", "test", "-u", "subprocess,cpu", "-i",
                                     "*VSOCK*", "--junit-xml", report, unit], SECONDS)
    found = {f"{unit} as a whole": status}
    if os.path.exists(report):
        found.update(results(report))
    return found, seconds, output
