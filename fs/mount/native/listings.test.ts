import { expect, it } from 'vitest';
import { Listings } from './listings.js';

const directory = 7;

/** What the kernel does with the entries of an open. */
function opened(listings: Listings, of = directory, same = true) {
  const { handle, cached, kept } = listings.add(of, [], same);
  return { handle, does: cached ? (kept ? 'shows what it has kept' : 'keeps them anew') : 'asks each time' };
}

it('has the kernel show what it has kept until something changes', () => {
  const listings = new Listings();
  expect(opened(listings).does).toBe('keeps them anew');
  expect(opened(listings).does).toBe('shows what it has kept');
  expect(opened(listings, 8).does).toBe('keeps them anew');
});

it('has it kept anew after each change', () => {
  const listings = new Listings();
  listings.close(opened(listings).handle);
  listings.changed();
  listings.close(opened(listings).handle);
  listings.changed();
  expect(opened(listings).does).toBe('keeps them anew');
});

it('has nothing kept or shown while who opened it before a change has it open', () => {
  const listings = new Listings();
  const before = opened(listings);
  listings.changed();
  const since = opened(listings);
  expect(since.does).toBe('asks each time');
  expect(opened(listings, 8).does).toBe('keeps them anew');
  listings.close(since.handle);
  listings.close(before.handle);
  // What he got may have been kept meanwhile.
  expect(opened(listings).does).toBe('keeps them anew');
});

it('goes on where he has begun anew', () => {
  const listings = new Listings();
  const { handle } = opened(listings);
  listings.changed();
  listings.renew(handle, []);
  expect(opened(listings).does).toBe('keeps them anew');
});

it('takes what another process has opened for any directory, as it was before', () => {
  const listings = new Listings();
  listings.restore(3, []);
  expect(opened(listings).does).toBe('asks each time');
  listings.close(3);
  expect(opened(listings).does).toBe('keeps them anew');
});

it('keeps nothing of what differs by caller', () => {
  const listings = new Listings();
  expect(opened(listings, directory, false).does).toBe('asks each time');
  expect(opened(listings, directory, false).does).toBe('asks each time');
});
