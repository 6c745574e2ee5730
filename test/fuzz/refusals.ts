/** What parsers have said of what they refused: another sentence is another way through them, also where the code is the same. */
const most = 400;

let said: string[] = [];
const known = new Set<string>();

export function noteRefusal(message: string): void {
  said.push(message);
}

/** Sentences since the last time that nobody has heard before, without the numbers and texts in them; to hear them is not to know them. */
export function newRefusals(): readonly string[] {
  const all = said.map((message) =>
    message
      .slice(0, 200)
      // What V8 shows of a text that is no JSON may have quotes in it.
      .replace(/(?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON/s, '#')
      .replace(/[0-9a-f]{3,}|\d+|"[^"]*"|'[^']*'/g, '#'),
  );
  said = [];
  return all.filter((message) => known.size < most && !known.has(message));
}

export function knowRefusals(messages: readonly string[]): void {
  for (const message of messages) known.add(message);
}

/** Everything is new again but what has been said since the last time. */
export function forgetRefusals(): void {
  known.clear();
}
