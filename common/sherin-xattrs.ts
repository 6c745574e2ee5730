/** What the names of the extended attributes begin with that the vault makes itself: nobody else sets them, but for one. */
export const sherinPrefix = 'user.sherin.';
/** Where requests and results lie: of the root directory, and of that one. */
export const tasksXattr = 'user.sherin.tasks';
/** The one that administrators set: the namespace of what is put below a directory. */
export const namespaceXattr = 'user.sherin.namespace';
