/** What the Debian package holds, laid out below a folder as it will be below `/`. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packagedPlaces } from '../../dist/cli/units/places.js';
import { unitsOf } from '../../dist/cli/units/units.js';
import { root, run } from '../steps/run.mjs';
import { maintainer } from './control.mjs';

/** npm packages that the bundles load when they run, each with what it needs of its own: addons, and what finds them. */
const modules = {
  'better-sqlite3-multiple-ciphers': ['lib', 'build/Release/better_sqlite3.node'],
  bindings: ['bindings.js'],
  'file-uri-to-path': ['index.js'],
  'unix-dgram': ['lib', 'build/Release/unix_dgram.node'],
  'fuse-native': ['index.js', `prebuilds/linux-${process.arch}/node.napi.node`],
  nanoresource: ['index.js', 'emitter.js'],
  inherits: ['inherits.js', 'inherits_browser.js'],
  'node-gyp-build': ['index.js', 'node-gyp-build.js'],
  'fuse-shared-library': ['index.js', 'lib.js', 'include.js'],
  'fuse-shared-library-linux': ['index.js', 'lib.js', 'include.js'],
};
const licence = /^(package\.json|(un)?licen[cs]e.*)$/i;
const addons = ['sherin_native', 'sherin_ipc', 'sherin_fuse2'];
/** In folders as in the clone, so that what they link to is found; `docs/` with all that is in it. */
const documents = [
  'README.md',
  'SECURITY.md',
  'FORMAT.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** @returns paths of all addons, for what they need of the system */
export function layOut(target, version) {
  const lib = join(target, 'usr/lib/sherin');
  write(
    join(lib, 'package.json'),
    `${JSON.stringify({ name: 'sherin', version, type: 'module', private: true })}\n`,
  );
  for (const name of addons)
    copy(join(root, 'build/Release', `${name}.node`), join(lib, 'build/Release', `${name}.node`));
  for (const program of ['cli', 'daemon', 'fs']) layProgram(program, join(lib, 'dist', program));
  // What V8 compiles of them is made where they are installed, by the Node that is there.
  copy(join(root, 'setup/steps/compile-ahead.mjs'), join(lib, 'compile-ahead.mjs'));
  // Stands alone: sherinctl has it check what the vault signs, and so may anybody, elsewhere.
  const verifier = join(lib, 'dist/sherin-verify.mjs');
  write(verifier, ownNode(readFileSync(join(root, 'dist/sherin-verify.mjs'), 'utf8')));
  cpSync(join(root, 'dist/bots'), join(lib, 'dist/bots'), { recursive: true });
  for (const [name, wanted] of Object.entries(modules))
    layModule(name, wanted, join(lib, 'node_modules', name));
  mkdirSync(join(target, 'usr/bin'), { recursive: true });
  for (const [name, program] of [
    ['sherinctl', 'cli/main.js'],
    ['sherind', 'daemon/main.js'],
    ['sherin-verify', 'sherin-verify.mjs'],
  ])
    symlinkSync(`../lib/sherin/dist/${program}`, join(target, 'usr/bin', name));
  layManuals(join(target, 'usr/share/man/man1'), version);
  layCompletions(join(target, 'usr/share'));
  for (const [name, text] of unitsOf(packagedPlaces, 'system'))
    write(join(target, 'usr/lib/systemd/system', name), text);
  write(join(target, 'usr/lib/sysusers.d/sherin.conf'), 'g sherin -\ng sherin-admin -\n');
  write(join(target, 'usr/lib/tmpfiles.d/sherin.conf'), 'd /run/sherin 0711 root root -\n');
  const docs = join(target, 'usr/share/doc/sherin');
  for (const name of documents) copy(join(root, name), join(docs, name));
  write(join(docs, 'copyright'), copyright());
  write(join(docs, 'changelog.gz'), gzip(debianChangelog(version)));
  write(join(docs, 'CHANGELOG.md.gz'), gzip(readFileSync(join(root, 'CHANGELOG.md'))));
  write(join(target, 'usr/share/lintian/overrides/sherin'), overrides());
  const found = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.node'),
  );
  const paths = found.map((name) => join(lib, name));
  // A build tree's symbols are of no use there.
  for (const path of paths) run('strip', ['--strip-unneeded', path], 'install: binutils');
  plainModes(target);
  return paths;
}

function layProgram(program, folder) {
  const from = join(root, 'dist', program);
  copy(join(from, 'program.cjs'), join(folder, 'program.cjs'));
  write(join(folder, 'main.js'), ownNode(readFileSync(join(root, 'setup/launch.mjs'), 'utf8')));
}

/** A program for the Node of the package that this one depends on, whatever PATH says. */
function ownNode(program) {
  return program.replace(/^#!.*/, '#!/usr/bin/node');
}

function layModule(name, wanted, folder) {
  const from = join(root, 'node_modules', name);
  for (const file of readdirSync(from).filter((one) => licence.test(one)))
    copy(join(from, file), join(folder, file));
  for (const part of wanted.filter((one) => existsSync(join(from, one)))) {
    mkdirSync(dirname(join(folder, part)), { recursive: true });
    cpSync(join(from, part), join(folder, part), { recursive: true });
  }
}

function layManuals(folder, version) {
  const page = execFileSync(process.execPath, [join(root, 'dist/cli/man.js')]);
  write(join(folder, 'sherinctl.1.gz'), gzip(page));
  for (const [name, program, what] of [
    ['sherind', 'daemon/main.js', 'keeps a Sherin vault mounted, and answers what programs ask of it'],
    ['sherin-verify', 'sherin-verify.mjs', 'checks what a Sherin vault signs, with its public key alone'],
  ]) {
    const help = execFileSync(process.execPath, [join(root, 'dist', program), '--help'], {
      encoding: 'utf8',
    });
    write(join(folder, `${name}.1.gz`), gzip(helpPage(name, what, help, version)));
  }
}

/** A page of the manual that says what --help says. */
function helpPage(name, what, help, version) {
  const lines = help.trimEnd().split('\n');
  const plain = (text) =>
    text
      .replaceAll('\\', '\\e')
      .replaceAll('-', '\\-')
      .replace(/^(?=[.'])/, '\\&');
  return [
    `.TH ${name.toUpperCase()} 1 "" "sherin ${version}"`,
    ...['.SH NAME', plain(`${name} - ${what}`)],
    ...['.SH DESCRIPTION', '.nf', ...lines.map(plain), '.fi', '.SH SEE ALSO', '.BR sherinctl (1)', ''],
  ].join('\n');
}

function layCompletions(share) {
  const of = (shell) => execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), 'completion', shell]);
  write(join(share, 'bash-completion/completions/sherinctl'), of('bash'));
  write(join(share, 'zsh/vendor-completions/_sherinctl'), of('zsh'));
  write(join(share, 'fish/vendor_completions.d/sherinctl.fish'), of('fish'));
}

function copyright() {
  const parts = Object.keys(modules).map((name) => {
    const { license } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
    return `Files: usr/lib/sherin/node_modules/${name}/*\nCopyright: its authors\nLicense: ${license?.type ?? license}\n See the licence beside it, or its package.json.\n`;
  });
  return [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n',
    'Files: *\nCopyright: 2026 the authors of Sherin\nLicense: Apache-2.0\n On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.\n',
    ...parts,
  ].join('\n');
}

/** In the form that Debian's tools read; what has changed is in CHANGELOG.md. */
function debianChangelog(version) {
  const { SOURCE_DATE_EPOCH } = process.env;
  const time =
    SOURCE_DATE_EPOCH === undefined
      ? statSync(join(root, 'CHANGELOG.md')).mtime
      : new Date(Number(SOURCE_DATE_EPOCH) * 1000);
  const date = time.toUTCString().replace('GMT', '+0000');
  return `sherin (${version}) unstable; urgency=medium\n\n  * What has changed is in CHANGELOG.md.gz.\n\n -- ${maintainer}  ${date}\n`;
}

/** What lintian says and is meant to be so, with the reason above it. */
function overrides() {
  return [
    '# Programs come as npm has them, and the addons as it builds them.',
    'sherin: embedded-javascript-library *',
    'sherin: embedded-library *',
    'sherin: hardening-no-fortify-functions *',
    '# Of whoever builds it without DEBEMAIL: the package is nowhere to be had but from a clone.',
    'sherin: bogus-mail-host Maintainer sherin@localhost.localdomain',
    'sherin: bogus-mail-host-in-debian-changelog sherin@localhost.localdomain *',
    '# The Node that the package depends on, and no other that PATH may name: it runs with the key of the vault.',
    'sherin: command-with-path-in-maintainer-script /usr/bin/node *',
    '# What is served is to be sealed, unmounted and locked before its programs go, whatever a policy-rc.d says.',
    'sherin: maintainer-script-calls-systemctl *',
    '',
  ].join('\n');
}

/** Without the time of day, so that equal sources give equal packages. */
function gzip(data) {
  return gzipSync(data, { level: 9 });
}

function plainModes(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = entry.isFile() ? readFileSync(path).subarray(0, 2).toString('latin1') : '';
    chmodSync(path, entry.isDirectory() || text === '#!' ? 0o755 : 0o644);
  }
  chmodSync(folder, 0o755);
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
