/**
 * What every mount driver must do, seen by programs through the kernel. A driver's test calls this; what the driver
 * can't do stands in its table of limits, and nowhere here.
 */
import { describe } from 'vitest';
import type { DriverLimits } from '../../fs/mount/driver.js';
import { cachingTests } from './conformance/caching.js';
import { concurrencyTests } from './conformance/concurrency.js';
import { faultTests } from './conformance/faults.js';
import { generatedTreeTests } from './conformance/generated-trees.js';
import { lifeTests } from './conformance/life.js';
import { readingTests } from './conformance/reading.js';
import { refusalTests } from './conformance/refusals.js';
import { sharingTests } from './conformance/sharing.js';
import { treeTests } from './conformance/tree.js';
import { xattrTests } from './conformance/xattrs.js';

export function mountConformance(limits: DriverLimits): void {
  describe(`mount driver ${limits.name}`, () => {
    treeTests(limits);
    readingTests(limits);
    xattrTests(limits);
    refusalTests(limits);
    generatedTreeTests(limits);
    sharingTests(limits);
    concurrencyTests(limits);
    faultTests(limits);
    cachingTests(limits);
    lifeTests(limits);
  });
}
