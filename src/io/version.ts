/**
 * Which build this is.
 * @module
 */

// Set by the build; a run from source has neither.
declare const MMBIN_VERSION: string | undefined;
declare const MMBIN_COMMIT: string | undefined;

const version = typeof MMBIN_VERSION === "string" ? MMBIN_VERSION : "0.1.0";
const commit = typeof MMBIN_COMMIT === "string" ? MMBIN_COMMIT : "source";

/** Version, commit, and both as the identity that reports carry. No time of day: equal sources give an equal build. */
export const BUILD = { version, commit, id: `${version}+${commit}` } as const;
