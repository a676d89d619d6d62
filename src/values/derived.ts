/**
 * What is computed from a value once, and kept as long as the value.
 *
 * @module
 */

/**
 * Makes a function that computes something for each object only once.
 *
 * @param compute Computes it; the object must not change afterwards.
 */
export function createDerived<K extends object, V extends object>(
  compute: (from: K) => V,
): (from: K) => V {
  const known = new WeakMap<K, V>();
  return (from) => {
    let found = known.get(from);
    if (found === undefined) known.set(from, found = compute(from));
    return found;
  };
}
