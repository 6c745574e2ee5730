#!/usr/bin/env node
// Answers each task with a word, without a package: a read of the socket's descriptor is one datagram.
import { read, writeSync } from 'node:fs';

const buffer = Buffer.alloc(512);
writeSync(3, '{"heartbeat":true}');
setInterval(() => writeSync(3, '{"heartbeat":true}'), 1000);
function next() {
  read(3, buffer, 0, 512, null, (error, size) => {
    if (error) throw error;
    const { task_id } = JSON.parse(buffer.toString('utf8', 0, size));
    writeSync(3, JSON.stringify({ task_id, error: `node-${process.version.split('.')[0].slice(1)}` }));
    next();
  });
}
next();
