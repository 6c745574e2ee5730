/** The lines of the audit log in plain JavaScript: what the addon's are checked against, and what tests with keys of their own use. */
import { leafHash } from '../../common/merkle.js';
import type { Chain } from './record.js';
import type { Mac } from './replay.js';

export function chainWith(mac: Mac): Chain {
  return (parts, seq, ts, prev) => {
    const pieces = parts.toString('utf8').split('\n');
    const lines: Buffer[] = [];
    const leaves: Buffer[] = [];
    let before = prev;
    for (let at = 0; at + 1 < pieces.length; at += 2) {
      const [start = '', meta = ''] = pieces.slice(at, at + 2);
      const end = `${meta}"prev":"${before.toString('base64')}","seq":${seq + at / 2},"ts":"${ts}","v":1}`;
      const code = mac(Buffer.from(start + end, 'utf8')).toString('base64');
      const line = Buffer.from(`${start}"mac":"${code}",${end}`, 'utf8');
      before = leafHash(line);
      lines.push(line, Buffer.from('\n'));
      leaves.push(before);
    }
    return { lines: Buffer.concat(lines), leaves: Buffer.concat(leaves) };
  };
}
