import type { Target } from '../target.js';
import * as audit from './audit.js';
import * as boot from './boot.js';
import * as handover from './handover.js';
import * as journal from './journal.js';
import { knownHeads } from './known-heads.js';
import * as manifest from './manifest.js';
import * as proofs from './proofs.js';
import * as sockets from './sockets.js';
import * as texts from './texts.js';
import * as vault from './vault-files.js';

export const targets: readonly Target[] = [
  ...[vault.header, vault.knownVaults, knownHeads, vault.attestationKey, vault.publicKeyLine],
  ...[manifest.record, manifest.indexNode, manifest.treeHead, manifest.snapshot, manifest.replay],
  ...[audit.auditLine, audit.auditSegment, audit.auditPending, audit.archived, audit.anchors],
  ...[boot.eventLog, boot.measuredEvent, boot.signatureList, boot.authenticode, boot.sealingLog],
  ...[handover.handedDocument, handover.handoverMessages],
  ...[
    journal.journalEntries,
    journal.journalSegment,
    journal.journalFile,
    journal.copySegment,
    journal.copyFile,
  ],
  ...[proofs.proof, proofs.manifestExport, proofs.attestation, proofs.tpmStructures],
  ...[sockets.daemonLine, sockets.lines, sockets.controlRequest, sockets.botDatagram, sockets.botManifest],
  ...[texts.ids, texts.glob, texts.accessRules, texts.namespaceSettings, texts.sums, texts.treePath],
];
