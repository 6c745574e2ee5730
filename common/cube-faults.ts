/** What can be wrong with a cube, in words. */
export const cubeFaultWords = {
  malformed: 'its header is malformed',
  sealed: 'the sealed part of its header does not open',
  root: 'its stored bytes are not those that were signed (Merkle root)',
  tag: 'a vertex does not decrypt (GCM tag)',
  leaf: 'the SHA-256 of a vertex is not the signed one',
  padding: 'its padding is not zero',
  signature: 'its signature is not the vault’s',
  length: 'it is not as long as the object that holds it says',
  missing: 'its file is missing',
  io: 'the disk does not give it',
  newer: 'it is of a newer format version: install a newer Sherin',
  quarantined: 'it is in quarantine, without a good copy (sherinctl quarantine)',
  unused: 'no file holds it any more',
} as const;

export type CubeFaultName = keyof typeof cubeFaultWords;
/** Names of them all. */
export const cubeFaults = Object.keys(cubeFaultWords) as [CubeFaultName, ...CubeFaultName[]];

/** Words for a fault as it came over a socket; a word that this version does not know stays as it is. */
export function cubeFaultText(fault: string): string {
  return Object.hasOwn(cubeFaultWords, fault) ? cubeFaultWords[fault as keyof typeof cubeFaultWords] : fault;
}
