#!/usr/bin/python3
"""Says that it is there, takes one task and ends."""
import socket

sherind = socket.socket(fileno=3)
sherind.send(b'{"heartbeat":true}')
sherind.recv(512)
