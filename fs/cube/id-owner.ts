/** The uid that IDs of cubes and objects depend on: the owner's in a vault that keeps users apart, else 0 for all. */
export function idOwner(owned: boolean, uid = 0): number {
  return owned ? uid : 0;
}
