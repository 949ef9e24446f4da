/** Numbers from 0 to 1 that depend on the seed and the index alone (splitmix32): any record can be made without those before it. */
export function randomAt(seed: number, index: number): () => number {
  let state = (Math.imul(seed ^ (seed >>> 16), 0x45d9f3b) ^ Math.imul(index, 0x9e3779b1) ^ Math.imul(Math.floor(index / 2 ** 32), 0x85ebca6b)) | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4_294_967_296;
  };
}

export function pick<Item>(items: readonly Item[], random: () => number): Item {
  return items[Math.floor(random() * items.length)] as Item;
}
