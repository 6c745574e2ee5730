import type { History, NumberedVersion } from '../service/versions/history.js';
import type { ControlHandlers } from './server.js';

/** Versions in one answer, which may have as many removals between them. */
const pageVersions = 500;

/** `history` and `restore`. */
export function historyHandlers(history: History): Pick<ControlHandlers, 'history' | 'restore'> {
  return {
    async history({ path, before }, { peer, progress }) {
      const page = { before, most: pageVersions };
      const { versions, total, removals } = await history.of(path, page, peer, progress);
      return { versions: versions.map(versionInfo), total, removals: removals.map(String) };
    },

    async restore({ path, version }, { peer, progress }) {
      return versionInfo(await history.restore(path, version, peer, progress));
    },
  };
}

/** As an answer has it. */
export function versionInfo({ number, time, size, id, givenUp }: NumberedVersion) {
  return {
    ...{ number, time: String(time), size },
    ...(id === null ? {} : { id }),
    ...(givenUp === undefined ? {} : { collected: { by: givenUp.by, time: String(givenUp.time) } }),
  };
}
