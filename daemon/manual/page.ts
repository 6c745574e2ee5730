/** docs/protocol.md from the table of methods. */
import {
  type DaemonMethod,
  type DaemonNotification,
  daemonMethods,
  daemonNotifications,
} from '../protocol/daemon.js';
import { lineLimit, protocolVersion } from '../protocol/lines.js';
import type { Right } from '../protocol/rights.js';
import { type Field, fieldsOf } from './fields.js';

const whoMay: Readonly<Record<Right, string>> = {
  open: 'Everybody whom the socket lets in.',
  own: 'Everybody, for what is their own; administrators for all.',
  admin: 'Administrators: root, and members of group `sherin-admin`.',
};

export function protocolPage(): string {
  const methods = Object.keys(daemonMethods) as DaemonMethod[];
  const notifications = Object.keys(daemonNotifications) as DaemonNotification[];
  const lines = [
    '<!-- Made from daemon/protocol: npm run build && node dist/daemon/print-protocol.js > docs/protocol.md -->',
    '# Protocol of sherind',
    '',
    `Version ${protocolVersion}. JSON-RPC 2.0 over the socket \`sherind.sock\`, one object a line of at most ${lineLimit} bytes. What the socket`,
    'lets through, its limits and its errors: [daemon.md](daemon.md#the-socket). Nothing but what stands here is taken or told.',
    '',
    ...methods.flatMap(methodSection),
    '## Notifications',
    '',
    ...notifications.flatMap(notificationSection),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function methodSection(name: DaemonMethod): string[] {
  const { right, summary, params, result } = daemonMethods[name];
  return [
    `## \`${name}\``,
    '',
    `${summary}. ${whoMay[right]}`,
    '',
    ...table('takes', fieldsOf(params, 'input')),
    ...table('gives', fieldsOf(result, 'output')),
  ];
}

function notificationSection(name: DaemonNotification): string[] {
  const { summary, params } = daemonNotifications[name];
  return [`### \`${name}\``, '', `${summary}.`, '', ...table('tells', fieldsOf(params, 'output'))];
}

function table(title: string, fields: readonly Field[]): string[] {
  if (fields.length === 0) return [`${title}: nothing`, ''];
  const rows = fields.map(({ name, type, note }) => `| \`${name}\` | ${type} | ${note} |`);
  return [`| ${title} | | |`, '|---|---|---|', ...rows, ''];
}
