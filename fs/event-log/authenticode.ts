/**
 * Which bytes of a PE program its measured hash covers (Microsoft, Windows Authenticode Portable Executable Signature Format,
 * "Calculating the PE Image Hash"): all but the checksum, the entry of the certificate table, and the table.
 */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Headers of boot programs end before this. */
export const mostPeHeader = 64 * 1024;
const mostSections = 96;

/** In the order in which they are hashed; null where the file is no PE program. `head`: its beginning, of `mostPeHeader` bytes or all. */
export function authenticodeRanges(head: Buffer, size: number): readonly Range[] | null {
  try {
    return ranges(head, size);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function ranges(head: Buffer, size: number): readonly Range[] | null {
  if (head.toString('latin1', 0, 2) !== 'MZ') return null;
  const pe = head.readUInt32LE(0x3c);
  if (head.toString('latin1', pe, pe + 4) !== 'PE\0\0') return null;
  const sections = head.readUInt16LE(pe + 6);
  const optionalBytes = head.readUInt16LE(pe + 20);
  const optional = pe + 24;
  const magic = head.readUInt16LE(optional);
  if ((magic !== 0x10b && magic !== 0x20b) || sections > mostSections) return null;
  const checksum = optional + 64;
  const directories = optional + (magic === 0x20b ? 112 : 96);
  const headersEnd = head.readUInt32LE(optional + 60);
  if (headersEnd > size || headersEnd < directories) return null;
  const certificate = directories + 4 * 8;
  const hasTable = head.readUInt32LE(directories - 4) > 4;
  const tableBytes = hasTable ? head.readUInt32LE(certificate + 4) : 0;
  if (tableBytes > size) return null;
  const found: Range[] = [{ from: 0, to: checksum }];
  if (hasTable)
    found.push({ from: checksum + 4, to: certificate }, { from: certificate + 8, to: headersEnd });
  else found.push({ from: checksum + 4, to: headersEnd });
  let hashed = headersEnd;
  for (const range of sectionRanges(head, optional + optionalBytes, sections)) {
    found.push(range);
    hashed += range.to - range.from;
  }
  const end = size - tableBytes;
  if (hashed < end) found.push({ from: hashed, to: end });
  return found.every(({ from, to }) => from <= to && to <= size) ? found : null;
}

/** Raw data of the sections, by their place in the file. */
function sectionRanges(head: Buffer, table: number, count: number): readonly Range[] {
  const found: Range[] = [];
  for (let index = 0; index < count; index++) {
    const bytes = head.readUInt32LE(table + index * 40 + 16);
    const from = head.readUInt32LE(table + index * 40 + 20);
    if (bytes > 0) found.push({ from, to: from + bytes });
  }
  return found.sort((a, b) => a.from - b.from);
}
