/** The three programs, each in one file (docs/decisions/0013-programs-in-one-file.md). */
export default ['cli', 'daemon', 'fs'].map((name) => ({
  input: { main: `${name}/main.ts` },
  platform: 'node',
  // It finds its addon beside its own files.
  external: ['better-sqlite3-multiple-ciphers'],
  output: { dir: `dist/${name}`, codeSplitting: false },
}));
