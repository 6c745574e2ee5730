import { SherinError } from '../../common/errors.js';

/** The promise's outcome, or SherinError TIMEOUT; what it stands for goes on. */
export async function within<T>(promise: Promise<T>, what: string, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SherinError('TIMEOUT', { what, seconds })), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
