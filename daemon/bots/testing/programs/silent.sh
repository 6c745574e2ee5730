#!/bin/sh
# Lives, says that it does once, and takes no task.
printf '{"heartbeat":true}' >&3
exec sleep 1000
