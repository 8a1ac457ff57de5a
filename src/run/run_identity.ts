/**
 * What a run is called: by people, in files, and in client ids.
 * @module
 */
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";
import { stampOf } from "../io/clock.ts";

/** Names one run of this program. */
export interface RunIdentity {
  /** `20260904T194657Z-paper`: sorts by time. */
  id: string;
  /** Two words of 32 bits that client ids carry beside their counter: no two runs of an address share them. */
  number: readonly [high: number, low: number];
  command: string;
  venue: string;
  seed: number | null;
  /** Account whose orders are real; null where none are. */
  account: string | null;
  /** The run whose state this one went on from, if any. */
  continues?: string;
}

/** Start and command as an identifier that sorts by time. */
export function runIdOf(startUs: TimeUs, command: string): string {
  return `${stampOf(startUs)}-${command}`;
}

/** The run's number: its start to the microsecond, and 12 bits of the process's id against two of one microsecond. */
export function runNumberOf(startUs: TimeUs, processId: number): readonly [high: number, low: number] {
  const high = Math.floor(startUs / US_PER_SECOND);
  return [high, (startUs % US_PER_SECOND) * 2 ** 12 + (processId % 2 ** 12)];
}
