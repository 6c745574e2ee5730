import { transcripts } from '../suite.js';

transcripts(import.meta.dirname);
