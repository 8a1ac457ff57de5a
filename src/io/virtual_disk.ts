/**
 * The machine's disk for a run in virtual time: real files, whose way to the medium takes the same time on each run.
 * @module
 */
import { US_PER_MS } from "../core/units.ts";
import type { Clock } from "./clock.ts";
import { DISK, type JournalDisk } from "./journal_writer.ts";

/** What a sync takes on a plain SSD, about. */
const SYNC_US = 2 * US_PER_MS;

/** Files are written as ever; a sync is done when the clock says so, without one: what is simulated need not outlive this machine. */
export function virtualDisk(clock: Clock): JournalDisk {
  return {
    ...DISK,
    sync: (_file, onDone) => {
      clock.setTimer(clock.nowUs() + SYNC_US, () => onDone(null));
    },
  };
}
