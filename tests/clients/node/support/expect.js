/** Fails unless both are the same as JSON. For scenarios that also run in a page, where `node:assert` is missing. */
export function equal(actual, expected, what) {
  const [is, should] = [actual, expected].map((value) => JSON.stringify(value));
  if (is !== should) throw new Error(`${what}: expected ${should}, got ${is}`);
}
