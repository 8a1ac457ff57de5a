/**
 * The journal of a run: what the sequencer passes, on disk, segment after segment, and what happens when the disk refuses.
 * @module
 */
import { STATE_VERSION } from "../core/desk.ts";
import { StateWriter } from "../core/state.ts";
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";
import type { Clock } from "../io/clock.ts";
import { storageError } from "../io/exit.ts";
import { journalFolders, makeJournalFolder, pruneJournals } from "../io/journal_folder.ts";
import type { RunHeader } from "../io/journal_format.ts";
import { DISK, type JournalDisk, JournalWriter } from "../io/journal_writer.ts";
import type { RunSettings } from "../io/run_settings.ts";
import type { Report } from "./report_schema.ts";
import type { FrameTap, Sequencer } from "./sequencer.ts";

/** Between two attempts to write again after a failure. */
const RETRY_US = 10 * US_PER_SECOND;
const BYTES_PER_MB = 1024 * 1024;
const US_PER_MINUTE = 60 * US_PER_SECOND;

export interface RunJournalOptions {
  folder: string;
  run: RunHeader;
  settings: RunSettings;
  /** The machine's own clock: files carry its time of day, whatever time the run plays in. */
  wall: Pick<Clock, "nowUs" | "monotonicUs">;
  disk?: JournalDisk;
}

/**
 * Writes every frame of a run and opens new segments between frames. While the disk refuses, frames are counted as lost and a new segment is
 * tried again and again; `isDown` says so, and whoever runs the desk tells it.
 */
export class RunJournal implements FrameTap {
  readonly #options: RunJournalOptions;
  readonly #sequencer: Sequencer;
  readonly #writer: JournalWriter;
  readonly #state = new StateWriter();
  #retryUs = 0;
  /** Why it could not be written for a while, the first time; "" if it always could. */
  #firstFailure = "";

  private constructor(options: RunJournalOptions, sequencer: Sequencer) {
    const { values } = options.settings;
    this.#options = options;
    this.#sequencer = sequencer;
    const policy = {
      rotateBytes: (values.journal_rotate_mb as number) * BYTES_PER_MB,
      rotateUs: (values.journal_rotate_minutes as number) * US_PER_MINUTE,
    };
    this.#writer = new JournalWriter(options.folder, options.run, policy, options.wall, options.disk ?? DISK);
  }

  /** Opens the first segment and listens to the sequencer. Throws a storage error when nothing can be written from the start. */
  static open(options: RunJournalOptions, sequencer: Sequencer, timeUs: TimeUs): RunJournal {
    makeJournalFolder(options.folder);
    const journal = new RunJournal(options, sequencer);
    journal.#begin(timeUs);
    if (journal.isDown) throw storageError(journal.#writer.failure);
    sequencer.taps.push(journal);
    return journal;
  }

  get isDown(): boolean {
    return this.#writer.isDown;
  }

  write(data: Float64Array, at: number): void {
    this.#writer.write(data, at);
  }

  commit(): void {
    this.#writer.commit();
  }

  settle(timeUs: TimeUs): void {
    if (this.#writer.isDown) {
      const nowUs = this.#options.wall.monotonicUs();
      if (this.#firstFailure === "") {
        this.#firstFailure = this.#writer.failure;
        this.#retryUs = nowUs + RETRY_US;
      }
      if (nowUs < this.#retryUs) return;
      this.#retryUs = nowUs + RETRY_US;
      this.#begin(timeUs);
    } else if (this.#writer.wantsRotation(timeUs)) this.#begin(timeUs);
  }

  #begin(timeUs: TimeUs): void {
    this.#state.clear();
    this.#sequencer.syncState(this.#state);
    this.#writer.begin({
      snapshot: this.#state.data,
      stateVersion: STATE_VERSION,
      framesBefore: this.#sequencer.frameCount,
      timeUs,
    });
    const { values } = this.#options.settings;
    const policy = {
      keepBytes: (values.journal_keep_mb as number) * BYTES_PER_MB,
      keepDays: values.journal_keep_days as number,
    };
    // A folder that the user named is his alone; in the state folder all runs share the room.
    const { folder } = this.#options;
    const all = journalFolders();
    pruneJournals(all.includes(folder) ? all : [folder], policy, this.#options.wall.nowUs(), this.#writer.path);
  }

  /** Ends the journal; resolves when it is on the medium. */
  async close(): Promise<void> {
    const { taps } = this.#sequencer;
    const place = taps.indexOf(this);
    if (place >= 0) taps.splice(place, 1);
    await this.#writer.close();
    if (this.#firstFailure === "") this.#firstFailure = this.#writer.failure;
  }

  /** What the report says of it. */
  report(): NonNullable<Report["journal"]> {
    const { segmentCount, frameCount, byteCount, lostCount } = this.#writer;
    return {
      folder: this.#options.folder,
      segments: segmentCount,
      frames: frameCount,
      bytes: byteCount,
      lost_frames: lostCount,
      failure: this.#firstFailure === "" ? null : this.#firstFailure,
    };
  }
}
