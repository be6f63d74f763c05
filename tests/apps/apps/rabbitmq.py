# SPDX-License-Identifier: MIT
"""rabbitmq: durable queues and messages, by its HTTP interface."""
from apps.box import App
from lab.roots import File

API = "curl -fsS -u guest:guest -H content-type:application/json http://127.0.0.1:15672/api"
SEND = """for i in $(seq %d); do
	%s/exchanges/%%2F/amq.default/publish -d '{"properties":{"delivery_mode":2},
		"routing_key":"q","payload":"hello'$i'.","payload_encoding":"string"}' || exit 1
done"""
GET = '{"count":1000,"ackmode":"ack_requeue_false","encoding":"auto"}'


def smoke(box, times):
    box.until(f"{API}/overview", seconds=120)
    box.sh(f"{API}/queues/%2F/q -X PUT -d '{{\"durable\":true}}'")
    box.want(SEND % (4 * times, API), '"routed":true')
    box.want(f"{API}/queues/%2F/q/get -d '{GET}'", f"hello{4 * times}.")
    box.sh(f"{API}/vhosts/v -X PUT && {API}/vhosts/v -X DELETE")


USERS = {"0": "", "rabbitmq": ""}
APPS = [App("rabbitmq", ["rabbitmq-server"], ["/usr/lib/rabbitmq/bin/rabbitmq-server"],
            smoke, users=USERS, memory=2048,
            files={"/etc/rabbitmq/enabled_plugins": File("[rabbitmq_management].\n")},
            environment={"RABBITMQ_NODENAME": "rabbit@localhost",
                         "HOME": "/var/lib/rabbitmq"})]
