/** Where a TPM is reached: a device as it stands, or a software TPM that is started when needed. */
import { access, constants, rm } from 'node:fs/promises';
import { SherinError } from '../../common/errors.js';
import { Tpm } from '../../native/index.js';
import { tpmDevice } from './fields.js';
import { SoftwareTpm, type SoftwareTpmPlace } from './software-tpm.js';
import { isTransportFailure } from './tpm-errors.js';
import { unmarkState } from './unfinished-tpm.js';

export interface TpmSource {
  readonly kind: 'device' | 'software';
  /** What a slot says of it: one of the field type `tpmDevice`. */
  readonly device: string;
  /** For messages. */
  readonly tcti: string;
  connect(): Promise<Tpm>;
  /** Ends what was started. */
  stop(): Promise<void>;
  /** Before the first connection: the vault in this directory is not finished, and a new TPM is nobody's until `finish`. */
  begin(vault: string): void;
  finish(): Promise<void>;
  /** After `stop`, in the place of `finish`: removes what a new TPM left on disk. */
  discard(): Promise<void>;
}

/** A TPM that others run: a device, or a swtpm that `SHERIN_TCTI` names. */
export class FoundTpm implements TpmSource {
  readonly kind: 'device' | 'software';
  readonly tcti: string;

  constructor(tcti: string) {
    this.kind = tcti.startsWith('swtpm') ? 'software' : 'device';
    this.tcti = tcti;
  }
  get device(): string {
    return this.kind === 'software' ? 'swtpm' : this.tcti;
  }
  connect(): Promise<Tpm> {
    return Tpm.connect(this.tcti);
  }
  async stop(): Promise<void> {}
  begin(): void {}
  async finish(): Promise<void> {}
  async discard(): Promise<void> {}
}

/** The vault's own swtpm; one that was killed is started again at the next connection. */
export class OwnTpm implements TpmSource {
  readonly kind = 'software';
  readonly device = 'swtpm';
  readonly #place: SoftwareTpmPlace;
  readonly #create: boolean;
  #madeFor: string | null = null;
  #process: SoftwareTpm | null = null;

  /** `create` makes a new TPM where there is no state; only `init` does. */
  constructor(place: SoftwareTpmPlace, create: boolean) {
    this.#place = place;
    this.#create = create;
  }
  get tcti(): string {
    return this.#process?.tcti ?? 'swtpm';
  }
  /** Process ID of the running swtpm. */
  get pid(): number | null {
    return this.#process?.running === true ? (this.#process.pid ?? null) : null;
  }

  async connect(): Promise<Tpm> {
    const before = this.#process;
    if (before?.running === true) {
      try {
        return await Tpm.connect(before.tcti);
      } catch (error) {
        // killed a moment ago, or hung: either way it can't be used any more
        if (!isTransportFailure(error)) throw error;
      }
    }
    await this.stop();
    this.#process = this.#create
      ? await SoftwareTpm.create(this.#place, this.#madeFor)
      : await SoftwareTpm.start(this.#place);
    return await Tpm.connect(this.#process.tcti);
  }

  async stop(): Promise<void> {
    const ending = this.#process;
    this.#process = null;
    await ending?.stop();
  }

  begin(vault: string): void {
    this.#madeFor = vault;
  }

  async finish(): Promise<void> {
    this.#madeFor = null;
    await unmarkState(this.#place.stateDir);
  }

  async discard(): Promise<void> {
    if (this.#create) await rm(this.#place.stateDir, { recursive: true, force: true });
  }
}

export interface TpmPlaces {
  /** `SHERIN_TCTI`. */
  readonly tcti: string | null;
  /** Parent of the software TPMs' state directories. */
  readonly tpmState: string;
  /** Directory of the sockets. */
  readonly runtime: string;
}

const resourceManager = '/dev/tpmrm0';

function ownPlace(places: TpmPlaces, uuid: string): SoftwareTpmPlace {
  return { stateDir: `${places.tpmState}/${uuid}`, runtimeDir: places.runtime };
}

/** The TPM for a new vault: the one named, the machine's, or else a new software TPM. @throws SherinError USAGE, TPM_MISSING */
export async function sourceForNew(places: TpmPlaces, uuid: string): Promise<TpmSource> {
  if (places.tcti !== null) {
    const named = new FoundTpm(places.tcti);
    if (tpmDevice.safeParse(named.device).success) return named;
    throw new SherinError('USAGE', {
      what: `SHERIN_TCTI=${places.tcti}: a vault is sealed to device:/dev/NAME, tabrmd or swtpm:…`,
    });
  }
  const found = await access(resourceManager, constants.R_OK | constants.W_OK).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      // a TPM that is there but not permitted is an error, never a reason for a software one
      if (error.code !== 'ENOENT')
        throw new SherinError('TPM_MISSING', { tcti: `${resourceManager} (${error.code})` });
      return false;
    },
  );
  return found ? new FoundTpm(`device:${resourceManager}`) : new OwnTpm(ownPlace(places, uuid), true);
}

/** The TPM that a slot was sealed by. A device never becomes a software TPM. @throws SherinError TPM_MISSING */
export function sourceForSlot(
  slot: { readonly kind: 'device' | 'software'; readonly device: string },
  places: TpmPlaces,
  uuid: string,
): TpmSource {
  const { tcti } = places;
  if (tcti !== null) {
    const source = new FoundTpm(tcti);
    if (source.kind === slot.kind) return source;
    throw new SherinError('TPM_MISSING', { tcti: `${slot.device} (SHERIN_TCTI names ${tcti} instead)` });
  }
  return slot.kind === 'device' ? new FoundTpm(slot.device) : new OwnTpm(ownPlace(places, uuid), false);
}
