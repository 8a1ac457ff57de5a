/**
 * What a run is asked to do, and what it is given to do it with.
 * @module
 */
import type { ConfigSource } from "../io/config.ts";
import type { Report } from "./report_schema.ts";

export interface RunRequest {
  command: "backtest" | "paper" | "live";
  tapes: readonly string[];
  markets: readonly string[];
  config: ConfigSource;
  /** Overrides `latency_s` for engine and exchange alike; null leaves the setting. */
  latencySeconds: number | null;
  /** Further latencies to run the same tape with. */
  latencyCurve: readonly number[];
  factsFile: string | null;
  skipBadLines: boolean;
  quotaUsedCount: number;
  /** Credited volume of the address, dollars. */
  quotaVolumeUsd: number;
  /** `mainnet`, `testnet`, `local`, `local:WORLD` or an address; null: mainnet where markets are named, else local. */
  venue: string | null;
  /** Account whose fees and requests are taken, read only; null is nobody. */
  address: string | null;
  /** Checkpoints to start from: files, `latest` or `none`. */
  priors: readonly string[];
  /** Seed of a local world. */
  seed: number;
  /** Market seconds per second; null does not pace. */
  speed: number | null;
  /** End after this much market time; null runs to the end. */
  forSeconds: number | null;
  /** Also write what the venue sends as a tape. */
  recordFile: string | null;
  /** What the run is called, and the number that its client ids carry. */
  runId: string;
  runNumber: readonly [high: number, low: number];
  /** Folder of the journal; null writes none. */
  journalFolder: string | null;
  /** Where the report will be kept, and with it the run's rows in the store; null keeps none. */
  reportFile: string | null;
}

/** What a command line without flags leaves everything at. */
export const REQUEST_DEFAULTS: Omit<RunRequest, "command"> = {
  tapes: [],
  markets: [],
  config: { file: null, set: [], env: {}, profile: null },
  latencySeconds: null,
  latencyCurve: [],
  factsFile: null,
  skipBadLines: false,
  quotaUsedCount: 0,
  quotaVolumeUsd: 0,
  venue: null,
  address: null,
  priors: [],
  seed: 1,
  speed: null,
  forSeconds: null,
  recordFile: null,
  runId: "",
  runNumber: [0, 0],
  journalFolder: null,
  reportFile: null,
};

/** How a status is written: in place on a screen, as lines for people, as JSON lines, or not at all. */
export type StatusForm = "screen" | "lines" | "json" | "off";

/** Where a run says how it goes. */
export interface StatusOutput {
  readonly form: StatusForm;
  /** Whether a screen shows colours. */
  readonly color: boolean;
  /** Of the screen, now. */
  size(): { columns: number; rows: number };
  /** Whole lines: on a screen they replace those before, elsewhere they follow them. */
  write(lines: readonly string[]): void;
}

/** Nobody looks. */
export const NO_STATUS: StatusOutput = {
  form: "off",
  color: false,
  size: () => ({ columns: 80, rows: 24 }),
  write: () => {},
};

/** The outside world of a run. */
export interface RunIo {
  readonly status: StatusOutput;
  /** Something that happened and must not be overwritten by the next status. */
  note(line: string): void;
  /** Whether somebody asked to stop. */
  stopRequested(): boolean;
  /** Whether somebody asked to stop twice: what can be left out is. */
  hurried(): boolean;
}

/** Nobody listens, nobody stops. */
export const QUIET: RunIo = { status: NO_STATUS, note: () => {}, stopRequested: () => false, hurried: () => false };

/** A run that something ended from outside, with what came of it until then. */
export class RunEnded extends Error {
  readonly report: Report;
  override readonly cause: Error;

  constructor(report: Report, cause: Error) {
    super(cause.message);
    this.report = report;
    this.cause = cause;
  }
}
