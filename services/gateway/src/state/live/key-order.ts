import sortedBTree from 'sorted-btree';

const { default: BTree, simpleComparator } = sortedBTree;

/** Keys in ascending order. A change is cheap, so the order lasts while features come and go. */
export class KeyOrder {
  readonly #tree = new BTree<string, true>(undefined, simpleComparator);

  get size(): number {
    return this.#tree.size;
  }

  add(key: string): void {
    this.#tree.set(key, true, false);
  }

  delete(key: string): void {
    this.#tree.delete(key);
  }

  /** The keys after one, or all for null. They must not change meanwhile. */
  *after(key: string | null): Generator<string, void> {
    for (const next of this.#tree.keys(key ?? undefined)) if (next !== key) yield next;
  }
}
