/**
 * What a run leaves behind beside its report: a journal and rows in the store, opened before the first frame and closed after the last.
 * @module
 */
import { WallClock } from "../io/clock.ts";
import { type LoadedConfig, resolveRunSettings } from "../io/config.ts";
import { DISK } from "../io/journal_writer.ts";
import type { Machine } from "./follow.ts";
import type { Report, ReportWarning } from "./report_schema.ts";
import type { RunIo, RunRequest } from "./request.ts";
import type { RunIdentity } from "./run_identity.ts";
import type { RunJournal } from "./run_journal.ts";
import { RunStore } from "./run_store.ts";
import type { Session } from "./session.ts";

/** Journal and store of one run, each where it is wanted. */
export class RunRecords {
  readonly #journal: RunJournal | null;
  readonly #store: RunStore | null;
  readonly #wall: Machine["wall"];

  private constructor(journal: RunJournal | null, store: RunStore | null, wall: Machine["wall"]) {
    this.#journal = journal;
    this.#store = store;
    this.#wall = wall;
  }

  /** Opens what the request asks for. Before the session's first push. Throws a storage error. */
  static open(
    session: Session,
    request: RunRequest,
    loaded: LoadedConfig,
    place: Pick<RunIdentity, "venue" | "seed" | "account" | "continues">,
    timeUs: number,
    machine: Omit<Machine, "onGone"> = { wall: new WallClock(), disk: DISK },
  ): RunRecords {
    const { journalFolder: folder, reportFile, runId, runNumber, command, config } = request;
    const identity = { id: runId, number: runNumber, command, ...place };
    const { wall, disk } = machine;
    const settings = resolveRunSettings(config, loaded);
    const openJournal = (): RunJournal | null =>
      folder === null ? null : session.openJournal({ folder, settings, wall, disk }, identity, timeUs);
    if (reportFile === null) return new RunRecords(openJournal(), null, wall);
    // The store first: it finishes dead runs from their journals, which a new journal may prune.
    const places = { journal: folder, report: reportFile, startedUs: wall.nowUs(), processId: process.pid };
    const store = RunStore.begin(session.runHeader(identity), places, wall);
    try {
      const journal = openJournal();
      session.sequencer.taps.push(store.book);
      return new RunRecords(journal, store, wall);
    } catch (error) {
      store.finish("failed", wall.nowUs(), []);
      throw error;
    }
  }

  /** No frame comes any more: brings the journal to the medium. */
  async close(): Promise<void> {
    await this.#journal?.close();
  }

  /** What the report says of the journal. */
  get report(): Report["journal"] {
    return this.#journal?.report() ?? null;
  }

  /** What a reader of the report must know of it. */
  get warnings(): ReportWarning[] {
    const { failure = null, lost_frames = 0 } = this.report ?? {};
    if (failure === null) return [];
    const text = `${failure}: quoting only reduced meanwhile, and ${lost_frames} frame(s) are lost to replay`;
    return [{ code: "journal", text }];
  }

  /** The run has its report. @param isCut Whether something other than its own end ended it. */
  end(report: Report, io: RunIo, isCut = false): void {
    const state = report.stopped || isCut ? "stopped" : "done";
    const problem = this.#store?.finish(state, this.#wall.nowUs(), report.markets) ?? "";
    if (problem !== "") io.note(problem);
  }

  /** The run broke and has no report; the journal keeps what broke it. */
  async fail(): Promise<void> {
    await this.close();
    this.#store?.finish("failed", this.#wall.nowUs(), []);
  }
}
