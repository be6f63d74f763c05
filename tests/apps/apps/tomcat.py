# SPDX-License-Identifier: MIT
"""tomcat10: a page that is compiled when it is first asked for, uploads, sessions that
outlive a restart."""
from apps.box import App
from lab.roots import File

PAGE = """<%@ page import="java.io.*,java.nio.file.*" %><%
	Integer count = (Integer) session.getAttribute("count");
	session.setAttribute("count", count == null ? 1 : count + 1);
	File file = File.createTempFile("page", ".tmp");
	Files.write(file.toPath(), new byte[100000]);
	out.print("count " + session.getAttribute("count") + " size " + file.length());
	if (!file.delete()) out.print(" left");
%>
"""
URL = "http://127.0.0.1:8080"
READY = f"curl -fsS {URL}/page.jsp"


def smoke(box, times):
    box.until(READY)
    for _ in range(times):
        box.want(READY, "size 100000")
    session = box.sh(f"curl -fsS -D- -o /dev/null {URL}/page.jsp | "
                     "sed -n 's/^Set-Cookie: \\([^;]*\\).*/\\1/p'").strip()
    box.want(f"curl -fsS -b {session} {URL}/page.jsp", "count 2")
    box.until("cat /var/log/tomcat10/localhost_access_log.* | grep -q page.jsp",
              seconds=40)


HOME = "/usr/share/tomcat10"
APPS = [App("tomcat10", ["tomcat10", "openjdk-17-jre-headless"],
            [HOME + "/bin/catalina.sh", "run"], smoke,
            users={"0": "", "tomcat": ""}, memory=3072,
            setup="rm -rf /var/lib/tomcat10/webapps/ROOT/*",
            files={"/var/lib/tomcat10/webapps/ROOT/page.jsp": File(PAGE)},
            environment={"CATALINA_HOME": HOME, "CATALINA_BASE": "/var/lib/tomcat10",
                         "CATALINA_TMPDIR": "/tmp",
                         "JAVA_OPTS": "-Xmx256m -Djava.awt.headless=true"})]
