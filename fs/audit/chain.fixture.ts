/** The lines of the audit log in plain JavaScript: what the addon's are checked against, and what tests with keys of their own use. */
import { leafHash } from '../../common/merkle.js';
import { type Chain, endOf, frontierAt } from './record.js';
import type { Mac } from './replay.js';

export function chainWith(mac: Mac): Chain {
  return (parts, ts, end) => {
    const pieces = parts.toString('utf8').split('\n');
    const lines: Buffer[] = [];
    const frontier = frontierAt(end);
    let before = end.prev;
    for (let at = 0; at + 1 < pieces.length; at += 2) {
      const [start = '', meta = ''] = pieces.slice(at, at + 2);
      const rest = `${meta}"prev":"${before.toString('base64')}","seq":${frontier.size},"ts":"${ts}","v":1}`;
      const code = mac(Buffer.from(start + rest, 'utf8')).toString('base64');
      const line = Buffer.from(`${start}"mac":"${code}",${rest}`, 'utf8');
      before = leafHash(line);
      lines.push(line, Buffer.from('\n'));
      frontier.append(before);
    }
    return { lines: Buffer.concat(lines), end: endOf(frontier, before) };
  };
}
