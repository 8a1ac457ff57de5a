/**
 * Which build this is.
 * @module
 */

// Set by the build; a run from source has none of them.
declare const MMBIN_VERSION: string | undefined;
declare const MMBIN_COMMIT: string | undefined;
declare const MMBIN_TARGET: string | undefined;

const version = typeof MMBIN_VERSION === "string" ? MMBIN_VERSION : "0.1.0";
const commit = typeof MMBIN_COMMIT === "string" ? MMBIN_COMMIT : "source";
const target = typeof MMBIN_TARGET === "string" ? MMBIN_TARGET : `${process.platform}-${process.arch}`;

/**
 * Version, commit, and both as the identity that reports carry; `target` is the platform that it was compiled for, with its libc. No time of
 * day: equal sources give an equal build.
 */
export const BUILD = { version, commit, target, id: `${version}+${commit}` } as const;
