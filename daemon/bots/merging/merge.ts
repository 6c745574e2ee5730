/** Results of the parts of a task as one document: each under its ID, as it is; what is no text is named only. */

export interface Part {
  readonly id: string;
  readonly content: Buffer;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function merge(parts: readonly Part[]): string {
  return parts.map(({ id, content }) => `## ${id}\n\n${textOf(content)}\n`).join('\n');
}

function textOf(content: Buffer): string {
  try {
    return utf8.decode(content).trimEnd();
  } catch {
    return `(${content.length} bytes that are no text)`;
  }
}
