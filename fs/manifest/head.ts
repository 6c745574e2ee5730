/** The signed tree head, by the name that the manifest has for it: `common/` has it, for who checks one with the public key alone. */
export * from '../../common/tree-head.js';
