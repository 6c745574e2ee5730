import type { Buffer } from 'node:buffer';

/** What the verified object tree says of a cube. */
export interface CubeRef {
  /** 32 bytes. */
  readonly id: Buffer;
  /** 32 bytes. */
  readonly root: Buffer;
  /** Plaintext bytes, 1–1048576. */
  readonly length: number;
}
