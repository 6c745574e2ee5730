/** What the names of the extended attributes begin with that the vault makes itself: nobody sets them from outside. */
export const sherinPrefix = 'user.sherin.';
