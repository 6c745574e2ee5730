export interface BucketSize {
  /** Tokens of a full bucket. */
  readonly burst: number;
  /** Tokens that come in each second. */
  readonly perSecond: number;
}

/**
 * A request of the smallest kind takes sherind some 50 µs: 1,000 a second are a twentieth of its thread, so that a user who
 * asks without end leaves it to others. The burst lets all that sixteen connections may have under way come at once, twice.
 */
export const usualBucket: BucketSize = { burst: 2048, perSecond: 1000 };

interface Bucket {
  /** As they were at that time. */
  tokens: number;
  /** Milliseconds of the clock. */
  at: number;
}

/** Buckets beyond which full ones are dropped. */
const manyBuckets = 1024;

/** A token bucket for each user. */
export class TokenBuckets {
  readonly #size: BucketSize;
  readonly #clock: () => number;
  readonly #buckets = new Map<number, Bucket>();

  /** @param clock milliseconds, never going back */
  constructor(size = usualBucket, clock: () => number = () => performance.now()) {
    this.#size = size;
    this.#clock = clock;
  }

  /** Takes a token; false when there is none. */
  take(uid: number): boolean {
    const now = this.#clock();
    const bucket = this.#buckets.get(uid) ?? this.#fill(uid, now);
    bucket.tokens = this.#tokens(bucket, now);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #fill(uid: number, now: number): Bucket {
    if (this.#buckets.size >= manyBuckets) this.#dropFull(now);
    const bucket = { tokens: this.#size.burst, at: now };
    this.#buckets.set(uid, bucket);
    return bucket;
  }

  #tokens(bucket: Bucket, now: number): number {
    const { burst, perSecond } = this.#size;
    return Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1000);
  }

  /** A full bucket is as good as none. */
  #dropFull(now: number): void {
    for (const [uid, bucket] of this.#buckets) {
      if (this.#tokens(bucket, now) >= this.#size.burst) this.#buckets.delete(uid);
    }
  }
}
