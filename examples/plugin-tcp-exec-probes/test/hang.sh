#!/bin/bash
# Starts a child, and one that leaves group, session and parent; writes their pids to "$1"; does not end.
sleep 600 &
setsid bash -c 'sleep 600 & echo $! >> "$0"' "$1" &
wait $!
echo "$$ $(jobs -p | head -1)" | tr ' ' '\n' >> "$1"
sleep 600
