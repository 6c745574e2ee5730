/** Text that somebody measured, as a person may see it: bounded, and without what a terminal would act on. */

const longest = 200;

/** UTF-16 where every other byte is zero, as EFI programs write; else UTF-8. */
export function measuredText(bytes: Buffer): string {
  const wide = bytes.length >= 2 && bytes.length % 2 === 0 && bytes[1] === 0;
  return plainText(bytes.toString(wide ? 'utf16le' : 'utf8'));
}

export function wideText(bytes: Buffer): string {
  return plainText(bytes.toString('utf16le'));
}

/** What stands before the first zero. */
function plainText(text: string): string {
  const [line = ''] = text.split('\0', 1);
  const plain = line
    .replace(/[^\P{C}\n\t]/gu, '?')
    .replace(/\s+/g, ' ')
    .trim();
  if (plain.length <= longest) return plain;
  // Of a character of two units that the cut goes through, nothing stays.
  return `${plain.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A GUID as EFI writes it: the first three fields are little-endian. */
export function guidText(bytes: Buffer): string {
  const [a, b, c] = [bytes.readUInt32LE(0), bytes.readUInt16LE(4), bytes.readUInt16LE(6)];
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const rest = bytes.subarray(8, 16).toString('hex');
  return `${hex(a, 8)}-${hex(b, 4)}-${hex(c, 4)}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}
