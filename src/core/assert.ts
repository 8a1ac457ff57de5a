/**
 * Assertions: the first of the three kinds of failure, a bug.
 * @module
 */

/** A broken promise between two parts of this program. Never caught: the process stops and says what broke. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/**
 * Throws when `condition` is false. Messages read `who: what holds`, as the claim that was broken.
 *
 * Pass a constant string: a template literal would be built on every call, and this stands on the hot path.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
