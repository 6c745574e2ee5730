/** A measured event in words. */
import { MalformedBytes } from '../../common/bytes.js';
import { imagePath } from './device-path.js';
import { parseVariable } from './efi-variable.js';
import type { BootEvent } from './event-log.js';
import { EventType } from './event-types.js';
import { measuredText, wideText } from './measured-text.js';
import { certificateName, parseSignatureLists } from './signature-list.js';

export interface Description {
  /** What was measured: two events with the same subject are the same thing at two times. */
  readonly subject: string;
  /** What it was, where that can be told. */
  readonly detail: string | null;
}

type Describe = (data: Buffer) => Description;

/** Of the signature databases, and how their state is called. */
const secureBoot: ReadonlySet<string> = new Set(['SecureBoot', 'PK', 'KEK', 'db', 'dbx', 'dbt', 'dbr']);
/** Of the EFI stub of Linux. */
const initrdTag = 0x8f3b_22ec;
const loadOptionsTag = 0x8f3b_22ed;
/** systemd measures there what it hands to the kernel. */
const settingsPcr = 12;

const fixed =
  (subject: string): Describe =>
  () => ({ subject, detail: null });
const named =
  (subject: string): Describe =>
  (data) => ({ subject, detail: quoted(measuredText(data)) });

const words: ReadonlyMap<number, Describe> = new Map<number, Describe>([
  [EventType.postCode, named('firmware code')],
  [EventType.postCode2, named('firmware code')],
  [EventType.separator, separator],
  [EventType.action, action],
  [EventType.efiAction, action],
  [EventType.eventTag, tagged],
  [EventType.crtmContents, named('the code that starts the firmware')],
  [EventType.crtmVersion, (data) => ({ subject: 'the version of the firmware', detail: version(data) })],
  [EventType.cpuMicrocode, named('the microcode of the processor')],
  [EventType.platformConfigFlags, named('settings of the platform')],
  [EventType.tableOfDevices, fixed('the table of devices')],
  [EventType.compactHash, named('what firmware measured of its own')],
  [EventType.iplPartitionData, fixed('the partition table that the boot loader was on')],
  [EventType.nonhostCode, fixed('code of another processor')],
  [EventType.nonhostConfig, fixed('settings of another processor')],
  [EventType.nonhostInfo, fixed('what is known of another processor')],
  [EventType.omitBootDeviceEvents, fixed('that boot attempts are not measured')],
  [EventType.variableDriverConfig, variable],
  [EventType.variableBoot, bootVariable],
  [EventType.variableBoot2, bootVariable],
  [EventType.bootServicesApplication, program('the boot program')],
  [EventType.bootServicesDriver, program('the firmware driver')],
  [EventType.runtimeServicesDriver, program('the runtime driver')],
  [EventType.gpt, fixed('the partition table (GPT) of the boot disk')],
  [EventType.gpt2, fixed('the partition table (GPT) of the boot disk')],
  [EventType.firmwareBlob, firmware],
  [EventType.firmwareBlob2, named('a part of the firmware')],
  [EventType.handoffTables, fixed('tables of the firmware')],
  [EventType.handoffTables2, named('tables of the firmware')],
  [EventType.hcrtm, named('the start of the firmware by the processor')],
  [EventType.variableAuthority, authority],
  [EventType.spdmFirmwareBlob, fixed('the firmware of a device')],
  [EventType.spdmFirmwareConfig, fixed('the settings of a device')],
]);

export function describe({ type, pcr, data }: BootEvent): Description {
  const unknown = fixed(`an event of type 0x${type.toString(16)}`);
  const how = type === EventType.ipl ? (text: Buffer) => bootLoader(text, pcr) : (words.get(type) ?? unknown);
  try {
    return how(data);
  } catch (error) {
    if (error instanceof MalformedBytes || error instanceof RangeError) return unknown(data);
    throw error;
  }
}

function quoted(text: string): string | null {
  return text === '' ? null : `“${text}”`;
}

/** Zero ends what the firmware measures; anything else says that it failed. */
function separator(data: Buffer): Description {
  const good = data.length === 4 && [0, 0xffff_ffff].includes(data.readUInt32LE(0));
  return { subject: 'the end of what the firmware measures', detail: good ? null : 'with an error' };
}

function action(data: Buffer): Description {
  return { subject: `the step ${quoted(measuredText(data)) ?? 'without a name'}`, detail: null };
}

/** TCG_PCClientTaggedEvent: u32 tag ‖ u32 length ‖ data. */
function tagged(data: Buffer): Description {
  const tag = data.readUInt32LE(0);
  const text = quoted(measuredText(data.subarray(8)));
  if (tag === initrdTag) return { subject: 'the initrd', detail: null };
  if (tag === loadOptionsTag) return { subject: 'the kernel command line', detail: null };
  return { subject: `what a boot program measured under the tag 0x${tag.toString(16)}`, detail: text };
}

function version(data: Buffer): string | null {
  const text = wideText(data);
  return text === '' ? null : quoted(text);
}

/** Commands of GRUB are of one kind; files, sections of a kernel image and variables of shim, each of its own. */
function bootLoader(data: Buffer, pcr: number): Description {
  const text = measuredText(data);
  const alone = (subject: string): Description => ({ subject, detail: null });
  if (/^\([^)]*\)\/|^\//.test(text)) return alone(`the file ${text}`);
  if (/^\.[a-z]+$/.test(text)) return alone(`the section ${text} of the kernel image`);
  if (/^(MokList|MokListX|MokListTrusted|MokSBState|Shim|SbatLevel)$/.test(text))
    return alone(`the variable ${text} of shim`);
  if (text.startsWith('grub_cmd: ')) return { subject: 'a command of GRUB', detail: quoted(text.slice(10)) };
  const commandLine = /^(?:grub_kernel_cmdline|kernel_cmdline):? (.*)$/.exec(text);
  if (commandLine !== null)
    return { subject: 'the kernel command line', detail: quoted(commandLine[1] ?? '') };
  const subject =
    pcr === settingsPcr ? 'what the boot loader handed to the kernel' : 'what a boot loader measured';
  return { subject, detail: quoted(text) };
}

function variable(data: Buffer): Description {
  const found = parseVariable(data);
  if (found === null) return { subject: 'an EFI variable', detail: null };
  const { name, value } = found;
  if (!secureBoot.has(name))
    return { subject: `the EFI variable ${quoted(wideText(Buffer.from(name, 'utf16le')))}`, detail: null };
  return {
    subject: `the Secure Boot variable ${name}`,
    detail: name === 'SecureBoot' ? onOrOff(value) : entries(value),
  };
}

function onOrOff(value: Buffer): string {
  return value.length === 1 && value[0] === 1 ? 'on' : 'off';
}

function entries(value: Buffer): string | null {
  const list = parseSignatureLists(value);
  if (list === null) return null;
  const names = list.flatMap(({ kind, data }) =>
    kind === 'certificate' ? (certificateName(data) ?? []) : [],
  );
  const count = list.length === 1 ? 'one entry' : `${list.length} entries`;
  return names.length > 0 && names.length <= 4 ? `${count}: ${names.join('; ')}` : count;
}

/** Its data is an EFI_SIGNATURE_DATA: the owner's GUID, then the certificate; text where shim measures its own. */
function authority(data: Buffer): Description {
  const found = parseVariable(data);
  if (found === null) return { subject: 'what a boot program was trusted by', detail: null };
  const name = wideText(Buffer.from(found.name, 'utf16le'));
  if (name === 'SbatLevel')
    return { subject: 'the SBAT level of shim', detail: quoted(measuredText(found.value)) };
  const certificate = certificateName(found.value.subarray(16)) ?? certificateName(found.value);
  return {
    subject: `what a boot program was trusted by (${name})`,
    detail: certificate === null ? null : `the certificate ${certificate}`,
  };
}

/** EFI_LOAD_OPTION: u32 attributes ‖ u16 length of the path ‖ description, of `Boot####`. */
function bootVariable(data: Buffer): Description {
  const found = parseVariable(data);
  if (found === null) return { subject: 'a boot entry', detail: null };
  const name = wideText(Buffer.from(found.name, 'utf16le'));
  if (name === 'BootOrder')
    return { subject: 'the order of boot entries (BootOrder)', detail: bootOrder(found.value) };
  const entry = /^(?:Boot|Driver)[0-9A-F]{4}$/.test(name) && found.value.length > 6;
  return {
    subject: `the boot entry ${name}`,
    detail: entry ? quoted(wideText(found.value.subarray(6))) : null,
  };
}

function bootOrder(value: Buffer): string | null {
  if (value.length % 2 !== 0 || value.length > 128) return null;
  const numbers = Array.from({ length: value.length / 2 }, (_, index) => value.readUInt16LE(index * 2));
  return numbers.map((number) => number.toString(16).toUpperCase().padStart(4, '0')).join(', ');
}

function program(what: string): Describe {
  return (data) => {
    const path = imagePath(data);
    if (path?.file != null) return { subject: `${what} ${path.file}`, detail: null };
    if (path?.firmwareFile != null)
      return { subject: `${what} ${path.firmwareFile} in the firmware`, detail: null };
    return { subject: `${what} that a boot loader handed over`, detail: null };
  };
}

/** UEFI_PLATFORM_FIRMWARE_BLOB: u64 address ‖ u64 length. */
function firmware(data: Buffer): Description {
  if (data.length !== 16) return named('a part of the firmware')(data);
  const [base, length] = [data.readBigUInt64LE(0), data.readBigUInt64LE(8)];
  return { subject: `the firmware at 0x${base.toString(16)}`, detail: `${length} bytes` };
}
