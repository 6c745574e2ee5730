/** The least of a PE32+ program: headers to 512, `sections` as [place, bytes], a certificate table at the end. */
export function program(
  sections: readonly (readonly [number, number])[],
  size: number,
  certificates: number,
): Buffer {
  const file = Buffer.alloc(size);
  file.write('MZ');
  file.writeUInt32LE(64, 0x3c);
  file.write('PE\0\0', 64);
  file.writeUInt16LE(sections.length, 70);
  file.writeUInt16LE(240, 84);
  file.writeUInt16LE(0x20b, 88);
  file.writeUInt32LE(512, 88 + 60);
  file.writeUInt32LE(16, 88 + 108);
  file.writeUInt32LE(size - certificates, 88 + 112 + 32);
  file.writeUInt32LE(certificates, 88 + 112 + 36);
  sections.forEach(([place, bytes], index) => {
    file.writeUInt32LE(bytes, 88 + 240 + index * 40 + 16);
    file.writeUInt32LE(place, 88 + 240 + index * 40 + 20);
  });
  return file;
}
