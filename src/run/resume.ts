/**
 * What an earlier run of the same account left behind: the state to go on from, out of its journal.
 * @module
 */
import { type Desk, STATE_VERSION } from "../core/desk.ts";
import { ACTION, COMMAND, COMMAND_FRAME, F, FILL, INTENT, KIND, POSITION } from "../core/frame.ts";
import type { MoneyBreaker } from "../core/risk/breaker.ts";
import { StateReader, StateWriter } from "../core/state.ts";
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";
import type { SegmentHeader } from "../io/journal_format.ts";
import { forEachFrame, JournalError, readSegment, type Segment, segmentPaths } from "../io/journal_reader.ts";
import { Store } from "../io/store.ts";
import type { Booked } from "../venue/hyperliquid/account_book.ts";
import type { RunNumber } from "../wire/hyperliquid/cloid.ts";
import { deskOf } from "./replay.ts";
import { finishDead } from "./run_store.ts";
import { Sequencer } from "./sequencer.ts";

/** The end of an earlier run. */
export interface Legacy {
  runId: string;
  runNumber: RunNumber;
  configHash: string;
  markets: readonly string[];
  /** Whether it ended as it should: its orders are gone then. */
  isClean: boolean;
  /** Sequencer and desk, as their `syncState` writes them. */
  state: Float64Array;
  /** Time of its last frame. */
  timeUs: TimeUs;
  /** Up to when it heard what happened at the venue; null where it never had: what its state says of the account is nothing. */
  knownUs: TimeUs | null;
  /** What it had booked in its last minutes or more. Positions are the desk's. */
  booked: Omit<Booked, "positions">;
  breaker: MoneyBreaker;
}

/** Which run is continued. */
export interface LegacyQuery {
  venue: string;
  account: string;
}

/** Runs looked at for one with a journal: those that could not write one decided nothing, and the day's breakers are older than they. */
const RUNS_MAX = 16;
/** What was booked is read back from so long before the venue was heard last: questions overlap by 70 s, and clocks differ. */
const BOOKED_US = 600 * US_PER_SECOND;
/** Runs in a row of which none heard what the ones before had missed. */
const CHAIN_MAX = 16;

/**
 * The newest run of this account that has a journal, whatever became of it; null where there is none. Dead runs are finished in the store first. A
 * journal that cannot be read is told of and ends the search: the venue knows what stands there, and an older journal would only mislead.
 */
export function findLegacy(query: LegacyQuery, note: (text: string) => void): Legacy | null {
  const store = Store.open();
  try {
    finishDead(store);
    const rows = store.newestRuns("live", query.venue, query.account, RUNS_MAX);
    const journalOf = (runId: string): string | null => rows.find(({ id }) => id === runId)?.journal ?? null;
    for (const [i, { journal, state }] of rows.entries()) {
      const legacy = journal === null ? null : readLegacy(journal, state === "done" || state === "stopped", journalOf);
      // What newer runs without a journal did is not known: of an older one's state its breakers are worth something.
      if (legacy !== null) return i === 0 ? legacy : { ...legacy, knownUs: null };
    }
    return null;
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    note(`the last run's journal is not used, nor are its breakers: ${error.message}`);
    return null;
  } finally {
    store.close();
  }
}

/** Segment files of a journal, oldest first; none where there is no such folder (any more). */
function segmentsOf(journal: string): string[] {
  try {
    return segmentPaths(journal);
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    return [];
  }
}

/**
 * Reads the end of a journal; null where no segment of it has a whole beginning.
 * @param journalOf Where the journal of another run is, or null.
 * @throws {JournalError} It is damaged, or of another version.
 */
export function readLegacy(
  journal: string,
  isClean: boolean,
  journalOf: (runId: string) => string | null = () => null,
): Legacy | null {
  const last = newestSegment(journal);
  if (last === null) return null;
  const { header } = last;
  const { desk, state, timeUs } = endOf(last);
  const { knownUs, booked } = bookedOf(journal, timeUs, desk.isHeld, journalOf);
  return {
    runId: header.run_id,
    runNumber: header.run_number as RunNumber,
    configHash: header.config_hash,
    markets: tradedMarkets(header),
    isClean: isClean && desk.engines.every(({ slots }) => slots.isEmpty),
    state,
    timeUs,
    knownUs,
    booked,
    breaker: desk.breaker,
  };
}

function newestSegment(journal: string): Segment | null {
  for (const path of segmentsOf(journal).reverse()) {
    const segment = readSegment(path);
    if (segment === null) continue;
    const { state_version } = segment.header;
    if (state_version !== STATE_VERSION)
      throw new JournalError(`${path}: holds a state of version ${state_version}, this program's are ${STATE_VERSION}`);
    return segment;
  }
  return null;
}

/** What journals tell of the account, read backwards. */
interface Told {
  fromUs: TimeUs;
  fills: Booked["fills"][number][];
  fundings: Booked["fundings"][number][];
  /** Newest time at which it was not held, and when the first hold after that began; NaN while none is found. */
  freeUs: TimeUs;
  heldUs: TimeUs;
  /** The run that the oldest segment's went on from. */
  continues: string | undefined;
}

/**
 * What was booked, back to well before the venue was heard last. A run that is held hears of nothing, or not of everything: what it knows ends where
 * the hold began. One that was never released knows what the run before it knew.
 */
function bookedOf(
  journal: string,
  endUs: TimeUs,
  isHeld: boolean,
  journalOf: (runId: string) => string | null,
): Pick<Legacy, "knownUs" | "booked"> {
  const told: Told = {
    fromUs: Number.POSITIVE_INFINITY,
    fills: [],
    fundings: [],
    freeUs: Number.NaN,
    heldUs: Number.NaN,
    continues: undefined,
  };
  // Of a run that lost frames to its disk the hold itself may be missing.
  const orUs = (): TimeUs => (isHeld ? told.freeUs : endUs);
  const known = (): TimeUs | null =>
    Number.isNaN(told.freeUs) ? null : Number.isNaN(told.heldUs) ? orUs() : told.heldUs;
  let folder: string | null = journal;
  for (let runs = 0; folder !== null && runs < CHAIN_MAX; runs++) {
    let isRunEnd = runs > 0;
    for (const path of segmentsOf(folder).reverse()) {
      const segment = readSegment(path);
      if (segment === null) continue;
      readTold(segment, told, isRunEnd);
      isRunEnd = false;
      const knownUs = known();
      if (knownUs !== null && told.fromUs <= knownUs - BOOKED_US) return { knownUs, booked: told };
    }
    if (known() !== null) break;
    folder = told.continues === undefined ? null : journalOf(told.continues);
  }
  return { knownUs: known(), booked: told };
}

/**
 * Adds what a segment tells: it is older than what was told so far.
 * @param isRunEnd Another run went on where it ends, and nobody listened in between.
 */
function readTold(segment: Segment, told: Told, isRunEnd: boolean): void {
  const isSought = Number.isNaN(told.freeUs);
  let adoptedUs = Number.NEGATIVE_INFINITY;
  let heldUs = Number.NaN;
  let endUs = segment.header.time_us;
  forEachFrame(segment, (data, at) => {
    const kind = data[at + F.kind];
    const market = data[at + F.market] as number;
    const timeUs = data[at + F.timeUs] as TimeUs;
    const venueTimeUs = data[at + F.venueTimeUs] as TimeUs;
    endUs = Math.max(endUs, timeUs);
    if (kind === KIND.funding) told.fundings.push({ market, timeUs: venueTimeUs });
    else if (kind === KIND.fill && data[at + FILL.snapshot] !== 1) told.fills.push(fillOf(data, at));
    // What filled before is in the position that was taken over.
    else if (kind === KIND.position && data[at + POSITION.adopt] === 1) adoptedUs = Math.max(adoptedUs, venueTimeUs);
    else if (isSought && isFree(data, at)) {
      told.freeUs = timeUs;
      heldUs = Number.NaN;
    } else if (isSought && isCommand(data, at, COMMAND.hold) && Number.isNaN(heldUs)) heldUs = timeUs;
  });
  if (isRunEnd && Number.isNaN(heldUs)) heldUs = endUs;
  if (!Number.isNaN(heldUs)) told.heldUs = heldUs;
  told.fromUs = Math.max(Math.min(told.fromUs, segment.header.time_us), adoptedUs);
  told.continues = segment.header.continues;
}

function fillOf(data: Float64Array, at: number): Booked["fills"][number] {
  const of = (offset: number): number => data[at + offset] as number;
  return {
    market: of(F.market),
    oid: of(FILL.oid),
    tid: of(FILL.tid),
    lots: of(FILL.lots),
    timeUs: of(F.venueTimeUs),
  };
}

const isCommand = (data: Float64Array, at: number, command: number): boolean =>
  data[at + F.kind] === KIND.command && data[at + COMMAND_FRAME.command] === command;

/** Whether a frame tells that there was no hold: its end, or an order that a hold would not have let out. */
function isFree(data: Float64Array, at: number): boolean {
  if (data[at + F.kind] !== KIND.intent) return isCommand(data, at, COMMAND.release);
  return data[at + INTENT.action] !== ACTION.cancel;
}

const tradedMarkets = (header: SegmentHeader): string[] =>
  header.markets.slice(0, header.params.length).map((m) => m.coin);

/** State after the last frame of a segment: its snapshot, and every frame behind it through a desk. */
function endOf(segment: Segment): { desk: Desk; state: Float64Array; timeUs: TimeUs } {
  const desk = deskOf(segment.header);
  const sequencer = new Sequencer(desk);
  const reader = new StateReader(segment.snapshot);
  sequencer.syncState(reader);
  reader.finish();
  let timeUs = segment.header.time_us;
  forEachFrame(segment, (data, at) => {
    const kind = data[at + F.kind];
    if (kind === KIND.intent || kind === KIND.state) return;
    timeUs = Math.max(timeUs, data[at + F.timeUs] as TimeUs);
    sequencer.accept(data, at);
    const { intents } = desk;
    for (let i = 0; i < intents.length; i += intents.data[i] as number) sequencer.acceptIntent(intents.data, i);
    intents.clear();
  });
  const writer = new StateWriter();
  sequencer.syncState(writer);
  return { desk, state: writer.data.slice(), timeUs };
}
