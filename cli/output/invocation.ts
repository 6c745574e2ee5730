/** Commands in hints are told as this one was called, so that they work where the person is. */
const byNpx = process.argv[1]?.includes('/node_modules/.bin/') === true;

/** The text with each command after a colon (`start it with: sherinctl up`) or alone as `npx sherinctl …` where that is how we run. */
export function asCalled(text: string): string {
  return byNpx ? text.replaceAll(/(^|: )sherinctl (?=[a-z])/g, '$1npx sherinctl ') : text;
}
