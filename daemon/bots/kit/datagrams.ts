/** The bot's end of its socket, docs/writing-a-bot.md. Node reads and writes datagrams as files. */
import { read, writeSync } from 'node:fs';

const socket = Number(process.env.SHERIN_SOCKET_FD);
/** Bytes of the longest datagram to a bot. */
const longest = 512;

/** A task as its datagram has it. */
export interface TaskDatagram {
  /** The request is in/<task_id>. */
  readonly task_id: string;
  readonly domain: string;
  readonly department: string;
  readonly class: string;
}

export function send(message: Readonly<Record<string, unknown>>): void {
  writeSync(socket, JSON.stringify(message));
}

/** Calls `take` with each task that comes. */
export function receive(take: (task: TaskDatagram) => void): void {
  const datagram = Buffer.alloc(longest);
  read(socket, datagram, 0, datagram.length, null, (error, size) => {
    if (error) throw error;
    // sherind has closed its end.
    if (size === 0) process.exit(0);
    take(JSON.parse(datagram.toString('utf8', 0, size)) as TaskDatagram);
    receive(take);
  });
}
