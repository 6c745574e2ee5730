/** What the machine itself must bring: Node and FUSE. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupProblem } from './run.mjs';

/** package.json, `engines`. */
const leastNode = [20, 19];

export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])) return;
  throw new SetupProblem(
    `Node ${process.versions.node} is too old; Sherin needs ${leastNode.join('.')} or newer`,
    'install a newer Node: https://nodejs.org/en/download',
  );
}

/** A mount needs /dev/fuse, readable and writable by this user. */
export function checkFuse() {
  if (!existsSync('/dev/fuse')) {
    throw new SetupProblem(
      '/dev/fuse is missing, so nothing can be mounted',
      'run: modprobe fuse    (in a container, start it with: --device /dev/fuse --cap-add SYS_ADMIN)',
    );
  }
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch {
    throw new SetupProblem(
      '/dev/fuse can not be opened by this user',
      'run as root: chmod 666 /dev/fuse    (or join the group that owns it)',
    );
  }
}

/**
 * The prefix whose include/node holds the headers of exactly this Node, or undefined: then node-gyp downloads them.
 * Distribution packages and nodejs.org archives both lay them out so.
 */
export function headerPrefix() {
  const prefix = dirname(dirname(process.execPath));
  const header = join(prefix, 'include/node/node_version.h');
  if (!existsSync(header)) return undefined;
  const text = readFileSync(header, 'utf8');
  const part = (name) => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(text)?.[1];
  const version = [part('MAJOR'), part('MINOR'), part('PATCH')].join('.');
  return version === process.versions.node ? prefix : undefined;
}

/** Environment under which npm and node-gyp build addons against the headers that are here already. */
export function buildEnvironment() {
  const prefix = headerPrefix();
  return prefix === undefined || process.env.npm_config_nodedir ? {} : { npm_config_nodedir: prefix };
}
