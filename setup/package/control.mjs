/** What dpkg reads of the package: its control file and the scripts of its life. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../steps/run.mjs';

/** Besides the libraries that the addons are linked to, and what every Debian has. */
const programs = ['fuse3', 'swtpm', 'swtpm-tools', 'bubblewrap', 'passwd'];
const recommended = ['tpm2-tools', 'gcc', 'python3'];

/** Who builds the package, as Debian's tools are told it. */
const { DEBFULLNAME = 'The authors of Sherin', DEBEMAIL = 'sherin@localhost.localdomain' } = process.env;
export const maintainer = `${DEBFULLNAME} <${DEBEMAIL}>`;

/** @param addons whose libraries it needs */
export function writeControl(target, { version, architecture, addons }) {
  const folder = join(target, 'DEBIAN');
  mkdirSync(folder, { recursive: true });
  const [major = 0] = process.versions.node.split('.').map(Number);
  const depends = [
    // SQLite's addon is of one ABI of Node: that of where the package was built.
    ...[`nodejs (>= ${major === 20 ? '20.19' : major})`, `nodejs (<< ${major + 1}~)`],
    ...programs,
    ...librariesOf(addons),
  ];
  writeFileSync(
    join(folder, 'control'),
    `${[
      'Package: sherin',
      `Version: ${version}`,
      `Architecture: ${architecture}`,
      'Section: utils',
      'Priority: optional',
      `Maintainer: ${maintainer}`,
      `Installed-Size: ${kibibytes(target)}`,
      `Depends: ${depends.join(', ')}`,
      `Recommends: ${recommended.join(', ')}`,
      'Description: encrypted, verified file vault with a FUSE mount',
      ' Files are kept as blocks that are encrypted, hashed and signed each, and shown',
      ' as ordinary files. The master key is sealed in a TPM 2.0 and lives only in',
      ' locked memory of one process; a byte that does not verify is never served.',
    ].join('\n')}\n`,
  );
  for (const name of ['postinst', 'prerm', 'postrm']) {
    copyFileSync(join(root, 'setup/package/debian', name), join(folder, name));
    chmodSync(join(folder, name), 0o755);
  }
}

/** Debian packages of the shared libraries, as dpkg-shlibdeps(1) finds them. */
function librariesOf(addons) {
  const folder = mkdtempSync(join(tmpdir(), 'sherin-package-'));
  try {
    mkdirSync(join(folder, 'debian'));
    writeFileSync(join(folder, 'debian/control'), 'Source: sherin\n\nPackage: sherin\nArchitecture: any\n');
    const args = ['-O', '--ignore-missing-info', ...addons.flatMap((path) => ['-e', path])];
    const said = execFileSync('dpkg-shlibdeps', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return said
      .trim()
      .replace(/^shlibs:Depends=/, '')
      .split(', ');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function kibibytes(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.reduce(
    (sum, { parentPath, name }) => sum + Math.ceil(statSync(join(parentPath, name)).size / 1024),
    0,
  );
}
