import { Bots } from './bots.js';
import { Grants } from './grants.js';
import { OldResults } from './old-results.js';
import type { TaskMount, TaskVault } from './parts.js';
import { Requests } from './requests.js';
import { Results } from './results.js';

/** What is done for who gives tasks to bots. */
export class Tasks {
  readonly bots: Bots;
  readonly grants: Grants;
  readonly requests: Requests;
  readonly results: Results;
  readonly oldResults: OldResults;

  constructor(vault: TaskVault, mount: TaskMount) {
    this.grants = new Grants(vault, mount);
    this.bots = new Bots(vault, mount, this.grants);
    this.requests = new Requests(vault, mount);
    this.results = new Results(vault, mount, this.grants);
    this.oldResults = new OldResults(vault, mount);
  }
}
