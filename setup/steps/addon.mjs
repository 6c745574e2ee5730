/** The C++ addons of native/, built when their sources, binding.gyp or Node changed. */
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { buildEnvironment } from './machine.mjs';
import { root, run, SetupProblem, say } from './run.mjs';
import { contentStamp, filesBelow, readStamp, writeStamp } from './stamp.mjs';

const stampFile = join(root, 'build/.stamp');
const products = ['sherin_native', 'sherin_ipc', 'sherin_fuse2'].map((name) =>
  join(root, 'build/Release', `${name}.node`),
);

export function buildAddon() {
  const toolchain = contentStamp([process.version, process.arch], [join(root, 'binding.gyp')]);
  const sources = contentStamp(
    [],
    filesBelow(['native'], (name) => /\.(cc|h)$/.test(name)),
  );
  const [builtToolchain, builtSources] = readStamp(stampFile);
  const present = products.every((product) => existsSync(product));
  if (present && builtToolchain === toolchain && builtSources === sources) return;

  say('compiling the addons (one to three minutes)');
  // configure finds new sources, make those that changed; neither sees that Node or a flag of binding.gyp did.
  for (const task of builtToolchain === toolchain ? ['configure', 'build'] : ['rebuild']) {
    run(process.execPath, [nodeGyp(), task], 'look at the compiler messages above', {
      ...buildEnvironment(),
      JOBS: 'max',
    });
  }
  writeStamp(stampFile, [toolchain, sources]);
}

/** node-gyp as it comes inside npm. */
function nodeGyp() {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'npm'));
  const npm = process.env.npm_execpath ?? onPath.find((file) => existsSync(file));
  const candidates = [
    process.env.npm_config_node_gyp,
    npm && join(dirname(dirname(realpathSync(npm))), 'node_modules/node-gyp/bin/node-gyp.js'),
    '/usr/share/nodejs/node-gyp/bin/node-gyp.js',
  ];
  const found = candidates.find((file) => file && existsSync(file));
  if (found) return found;
  throw new SetupProblem('npm with its node-gyp was not found', 'install npm beside Node');
}
