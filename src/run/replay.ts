/**
 * Replay: a journal's frames through a fresh desk, and every decision compared with the one on record.
 * @module
 */
import { Desk, STATE_VERSION } from "../core/desk.ts";
import { F, FRAME_SIZE_MAX, FrameLane, KIND } from "../core/frame.ts";
import type { MarketParams } from "../core/params.ts";
import { StateReader, StateWriter } from "../core/state.ts";
import type { SegmentHeader } from "../io/journal_format.ts";
import { forEachFrame, JournalError, readSegments, type Segment } from "../io/journal_reader.ts";
import { BUILD } from "../io/version.ts";
import { frameText, type MarketNames } from "./frame_text.ts";
import { type FrameTap, Sequencer } from "./sequencer.ts";

/** Segments are counted from here. */
const FIRST_SEGMENT = 1;
/** Room for what one frame leads to: the state and every slot of every market, twice over. */
const PRODUCED_SIZE = 262_144;

/** The first place where a replay and its record part. */
export interface Difference {
  segment: string;
  /** What differs, in a sentence. */
  what: string;
  /** The frame before it, what the journal holds and what the replay decided; "" where there is none. */
  frame: string;
  recorded: string;
  replayed: string;
}

/** What a replay found. */
export interface ReplaySummary {
  schema: "mmbin.replay/1";
  run_id: string;
  build: string;
  target: string;
  replayed_by: string;
  replayed_on: string;
  markets: string[];
  segments: number;
  /** Segments that were never finished: their writer died while it made them. */
  stumps: number;
  torn_bytes: number;
  frames: number;
  intents: number;
  states: number;
  /** The run from whose state it began; null where it began with nothing. */
  continues: string | null;
  /** Places where frames are missing: older segments were pruned, or the disk refused. */
  holes: number;
  /** Decisions of the last frame that its writer did not live to write. */
  unwritten: number;
  intent_hash: string;
  state_hash: string;
  equal: boolean;
  difference: Difference | null;
}

/** A replay that decided something else. */
export class DivergenceError extends Error {
  override readonly name = "DivergenceError";
  readonly exitCode = 10;
}

/** Collects what the sequencer passes beside the frames it is given. */
class Collector implements FrameTap {
  readonly lane = new FrameLane(PRODUCED_SIZE);
  /** Offset of the first that was not compared yet. */
  next = 0;

  write(data: Float64Array, at: number): void {
    const kind = data[at + F.kind];
    if (kind === KIND.state || kind === KIND.intent) this.lane.push(data, at);
  }
  commit(): void {}
  settle(): void {}

  get isEmpty(): boolean {
    return this.next >= this.lane.length;
  }
  clear(): void {
    this.lane.clear();
    this.next = 0;
  }
}

/** Replays a journal: a run's folder or one segment. Throws what cannot be read; a difference is a result. */
export function replayJournal(path: string, stopRequested: () => boolean = () => false): ReplaySummary {
  let replay: Replay | null = null;
  let stumps = 0;
  for (const segment of readSegments(path)) {
    if (segment === null) {
      stumps += 1;
      continue;
    }
    replay ??= new Replay(segment.header);
    replay.take(segment);
    if (replay.difference !== null || stopRequested()) break;
  }
  if (replay === null) throw new JournalError(`${path}: no segment of it has a whole beginning: nothing was recorded`);
  return replay.summary(stumps);
}

/** A desk as a segment's header describes it. */
export function deskOf(header: SegmentHeader): Desk {
  return new Desk(header.params as unknown as MarketParams[]);
}

/** One journal on its way through a desk. */
class Replay {
  difference: Difference | null = null;
  readonly #header: SegmentHeader;
  readonly #desk: Desk;
  readonly #sequencer: Sequencer;
  readonly #collector = new Collector();
  readonly #last = new FrameLane(FRAME_SIZE_MAX);
  #segments = 0;
  #tornBytes = 0;
  #holes = 0;
  #frames = 0;
  #intents = 0;
  #states = 0;
  #unwritten = 0;

  constructor(header: SegmentHeader) {
    if (header.state_version !== STATE_VERSION) {
      throw new JournalError(
        `run ${header.run_id} was written by ${header.build}, whose state has another form: replay it with that build`,
      );
    }
    this.#header = header;
    this.#desk = deskOf(header);
    this.#sequencer = new Sequencer(this.#desk);
    this.#sequencer.taps.push(this.#collector);
  }

  take(segment: Segment): void {
    if (segment.header.run_id !== this.#header.run_id)
      throw new JournalError(`${segment.path}: is of another run (${segment.header.run_id})`);
    this.#segments += 1;
    this.#tornBytes += segment.tornBytes;
    this.#open(segment);
    if (this.difference !== null) return;
    forEachFrame(segment, (data, at) => {
      if (this.difference === null) this.#frame(segment, data, at);
    });
  }

  /** Goes on from the segment's snapshot; where the one before ended there, both must be the same number by number. */
  #open(segment: Segment): void {
    const { frames_before, continues } = segment.header;
    const follows = this.#segments > 1 && this.#sequencer.frameCount === frames_before && this.#collector.isEmpty;
    if (follows) {
      const state = new StateWriter();
      this.#sequencer.syncState(state);
      const differs = firstDifference(state.data, segment.snapshot);
      if (differs < 0) return;
      this.#differ(segment, `the snapshot after frame ${frames_before} differs at number ${differs}`, "", "");
      return;
    }
    // The first segment of a run that goes on from another begins where that one ended: nothing is missing there.
    const isResumed = this.#segments === 1 && segment.header.segment === FIRST_SEGMENT && continues !== undefined;
    if (!isResumed && (this.#segments > 1 || frames_before > 0)) this.#holes += 1;
    this.#unwritten += this.#dropPending();
    const reader = new StateReader(segment.snapshot);
    this.#sequencer.syncState(reader);
    reader.finish();
  }

  #frame(segment: Segment, data: Float64Array, at: number): void {
    const kind = data[at + F.kind];
    if (kind === KIND.state || kind === KIND.intent) {
      this.#compare(segment, data, at);
      return;
    }
    if (!this.#collector.isEmpty) {
      const { lane, next } = this.#collector;
      this.#differ(segment, "the replay decides what the journal does not hold", "", this.#text(lane.data, next));
      return;
    }
    const seq = data[at + F.seq] as number;
    if (seq !== this.#sequencer.frameCount + 1) {
      this.#differ(segment, `frame ${this.#sequencer.frameCount + 1} is missing`, this.#text(data, at), "");
      return;
    }
    this.#last.clear();
    this.#last.push(data, at);
    this.#collector.clear();
    this.#frames += 1;
    this.#sequencer.accept(data, at);
    const { intents } = this.#desk;
    for (let i = 0; i < intents.length; i += intents.data[i] as number) this.#sequencer.acceptIntent(intents.data, i);
    intents.clear();
  }

  #compare(segment: Segment, data: Float64Array, at: number): void {
    const collector = this.#collector;
    const isState = data[at + F.kind] === KIND.state;
    if (isState) this.#states += 1;
    else this.#intents += 1;
    if (collector.isEmpty) {
      this.#differ(segment, "the journal holds what the replay does not decide", this.#text(data, at), "");
      return;
    }
    const mine = collector.lane.data;
    const size = data[at] as number;
    for (let i = 0; i < size; i++) {
      if (Object.is(data[at + i], mine[collector.next + i])) continue;
      const what = isState ? "the state's hash differs" : `intent ${data[at + F.seq]} differs`;
      this.#differ(segment, what, this.#text(data, at), this.#text(mine, collector.next));
      return;
    }
    collector.next += mine[collector.next] as number;
  }

  /** What the journal's last frame led to and nobody lived to write. */
  #dropPending(): number {
    let count = 0;
    const { lane } = this.#collector;
    for (let at = this.#collector.next; at < lane.length; at += lane.data[at] as number) count += 1;
    this.#collector.clear();
    return count;
  }

  #text(data: Float64Array, at: number): string {
    return frameText(data, at, this.#header.markets as MarketNames[]);
  }

  #differ(segment: Segment, what: string, recorded: string, replayed: string): void {
    const frame = this.#last.length === 0 ? "" : this.#text(this.#last.data, 0);
    this.difference = { segment: segment.path, what, frame, recorded, replayed };
  }

  summary(stumps: number): ReplaySummary {
    const unwritten = this.#unwritten + (this.difference === null ? this.#dropPending() : 0);
    const header = this.#header;
    return {
      schema: "mmbin.replay/1",
      run_id: header.run_id,
      build: header.build,
      target: header.target,
      replayed_by: BUILD.id,
      replayed_on: BUILD.target,
      markets: header.markets.slice(0, header.params.length).map((m) => m.coin),
      segments: this.#segments,
      stumps,
      torn_bytes: this.#tornBytes,
      frames: this.#frames,
      intents: this.#intents,
      states: this.#states,
      continues: header.continues ?? null,
      holes: this.#holes,
      unwritten,
      intent_hash: this.#sequencer.intentHash,
      state_hash: this.#sequencer.finishStateHash(),
      equal: this.difference === null,
      difference: this.difference,
    };
  }
}

function firstDifference(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  return a.findIndex((x, i) => !Object.is(x, b[i]));
}
