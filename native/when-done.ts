declare const made: unique symbol;

/**
 * What a worker of the addon does as soon as its work has succeeded, before JavaScript hears of it (native/work/when_done.h). Made by
 * the addon, carried by JavaScript.
 */
export interface WhenDone {
  readonly [made]: true;
}
