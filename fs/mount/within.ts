/** The promise's value, or undefined when it takes longer than `milliseconds`; a later rejection is dropped. */
export async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  promise.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
