/**
 * Exit codes, in one place, and the errors that carry them.
 * @module
 */

/** Every way this program ends. Documented by `mmbin help exit-codes`. */
export const EXIT_CODES = [
  {
    code: 0,
    name: "ok",
    meaning: "done; a simulated run that lost, tripped a breaker or found no market worth quoting is done too",
  },
  { code: 1, name: "bug", meaning: "a promise inside the program was broken; please report it with what was printed" },
  { code: 2, name: "usage", meaning: "unknown command, flag or market, or a value of the wrong kind" },
  { code: 3, name: "config", meaning: "a setting is unknown, out of range, or does not fit the others" },
  { code: 4, name: "key", meaning: "a signing key is missing, unreadable or of the wrong kind" },
  { code: 5, name: "unreachable", meaning: "the venue, or the maker that ctl asks, cannot be reached" },
  { code: 6, name: "rejected", meaning: "the venue refused what was asked" },
  {
    code: 7,
    name: "risk",
    meaning: "real trading was stopped, or not begun: a breaker, a market that does not pay, a clock that is off",
  },
  { code: 8, name: "not_flat", meaning: "orders or a position are left that should be gone" },
  { code: 9, name: "quota", meaning: "the address has no requests left for real trading" },
  { code: 10, name: "divergence", meaning: "a replay decided something else than the record says" },
  { code: 11, name: "input", meaning: "an input file is bad, cut short or missing" },
  { code: 12, name: "storage", meaning: "a local folder or file cannot be written" },
  { code: 13, name: "running", meaning: "another process trades this account on this venue" },
  { code: 130, name: "interrupted", meaning: "Ctrl-C: real orders were cancelled, the report so far was written" },
  { code: 143, name: "terminated", meaning: "SIGTERM: the same; and for real orders a terminal that went away" },
] as const;

/** Bad input of the user or of the world, told in one line: what, where, how to mend it. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export const usageError = (message: string): UserError => new UserError(2, message);
export const configError = (message: string): UserError => new UserError(3, message);
export const keyError = (message: string): UserError => new UserError(4, message);
export const inputError = (message: string): UserError => new UserError(11, message);
export const storageError = (message: string): UserError => new UserError(12, message);

/** The exit code that an error asks for; 1 for anything that nobody expected. */
export function exitCodeOf(error: unknown): number {
  if (typeof error === "object" && error !== null && "exitCode" in error && typeof error.exitCode === "number") {
    return error.exitCode;
  }
  return 1;
}
