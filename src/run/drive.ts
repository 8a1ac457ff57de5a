/**
 * The drive: merges what the venue sent, timers and simulated answers into one order of frames, and takes intents to the exchange.
 * @module
 */
import type { Desk } from "../core/desk.ts";
import { COMMAND_FRAME, DESK, F, FrameLane, GAP, KIND, TIMER, TIMER_GRID_US } from "../core/frame.ts";
import { type TimeUs, US_PER_SECOND } from "../core/units.ts";
import type { OrderPort } from "../sim/order_port.ts";
import type { Sequencer } from "./sequencer.ts";

/**
 * Silence after which timers stop: what the intake calls a gap. Two steps more, so that the engine sees the silence, withdraws its quotes, and
 * then decides nothing until messages come again.
 */
const SILENCE_US = 10 * US_PER_SECOND + 2 * TIMER_GRID_US;
/** Room for the answers of one poll: every slot of a few markets answering at once, with fills. */
const REPLY_LANE_SIZE = 65_536;

/** What a run watches beside the engine. Called after the desk has taken a frame. */
export interface DriveObserver {
  /** A frame was taken at `timeUs`; the desk's state is what it is after it. */
  onFrame(data: Float64Array, at: number): void;
  /** An intent leaves for the exchange. */
  onIntent(data: Float64Array, at: number): void;
}

/**
 * Runs desk and simulated exchange against each other over a stream of received messages.
 *
 * Two clocks meet here. Frames are ordered and stamped by receipt; orders and events meet in venue time. While no message comes, the
 * venue's clock is taken to run on from the newest venue time seen, at the pace of the receiving clock: a decision that a timer makes long
 * after the last message is as late at the venue as it is here, and cannot slip in before what happened meanwhile.
 * At equal time the order is: messages in their order on the connection, answers and fills, timers.
 */
export class Drive {
  readonly #desk: Desk;
  readonly #port: OrderPort;
  readonly #sequencer: Sequencer;
  readonly #observer: DriveObserver;
  readonly #replies = new FrameLane(REPLY_LANE_SIZE);
  readonly #timer = new FrameLane(TIMER.size);
  /** Receipt time of the newest message, and of the newest frame. */
  #messageTimeUs: TimeUs = 0;
  #frameTimeUs: TimeUs = 0;
  #nextTimerUs: TimeUs = 0;
  #venueTimeUs: TimeUs = 0;
  /** Venue time of the decisions that the frame in hand leads to. */
  #decisionVenueUs: TimeUs = 0;

  constructor(desk: Desk, port: OrderPort, sequencer: Sequencer, observer: DriveObserver) {
    this.#desk = desk;
    this.#port = port;
    this.#sequencer = sequencer;
    this.#observer = observer;
  }

  /** Gives the desk what it must know before the first message: names, facts, the request count. */
  prime(lane: FrameLane, timeUs: TimeUs): void {
    const data = lane.data;
    for (let at = 0; at < lane.length; at += data[at] as number) {
      data[at + F.timeUs] = timeUs;
      data[at + F.venueTimeUs] = timeUs;
      this.#accept(data, at, timeUs);
    }
  }

  /**
   * Takes the frames of one received message.
   * @param newestVenueTimeUs Newest venue time of the whole connection, this message included; other markets' messages move it too.
   */
  onMessage(lane: FrameLane, timeUs: TimeUs, newestVenueTimeUs: TimeUs): void {
    if (this.#messageTimeUs === 0) this.#start(timeUs, newestVenueTimeUs);
    const gapAt = findGap(lane);
    if (gapAt < 0) this.#runTimers(timeUs);
    else this.#skipGap(lane.data, gapAt, timeUs, newestVenueTimeUs);
    const venueTimeUs = Math.max(this.#venueTimeUs, newestVenueTimeUs);
    this.#deliverReplies(venueTimeUs, timeUs, true);
    this.#messageTimeUs = timeUs;
    this.#venueTimeUs = venueTimeUs;
    this.#port.advance(venueTimeUs);
    const data = lane.data;
    for (let at = 0; at < lane.length; at += data[at] as number) {
      if (at !== gapAt) this.#port.onMarket(data, at);
    }
    for (let at = 0; at < lane.length; at += data[at] as number) {
      if (at !== gapAt) this.#accept(data, at, venueTimeUs);
    }
    this.#deliverReplies(venueTimeUs, timeUs, false);
  }

  /** Takes what a venue says of the account: frames that tell nothing of a market's connection. Timers that are due come first. */
  onAccount(lane: FrameLane, timeUs: TimeUs): void {
    if (this.#messageTimeUs > 0) this.onClock(timeUs);
    const data = lane.data;
    for (let at = 0; at < lane.length; at += data[at] as number)
      this.#accept(data, at, this.#venueTimeUs + Math.max(0, timeUs - this.#messageTimeUs));
  }

  /** The port's own clock, which is also the receiving one, reached `nowUs`: timers and answers up to it, not at it. */
  onPortClock(nowUs: TimeUs): void {
    if (this.#messageTimeUs === 0) return;
    this.#runTimers(nowUs);
    this.#deliverReplies(nowUs, nowUs, true);
  }

  /** The receiving clock reached `nowUs` without a message: timers that are due run. Calling it more or less often changes nothing. */
  onClock(nowUs: TimeUs): void {
    if (this.#messageTimeUs > 0) this.#runTimers(Math.min(nowUs, this.#messageTimeUs + SILENCE_US));
  }

  /** Tells the desk something that no market said: one of COMMAND. Messages must have come before. */
  command(command: number, nowUs: TimeUs): void {
    const timeUs = Math.max(this.#frameTimeUs, nowUs);
    const venueTimeUs = this.#venueTimeUs + Math.max(0, timeUs - this.#messageTimeUs);
    this.#deliverReplies(venueTimeUs, timeUs, false);
    this.#port.advance(venueTimeUs);
    this.#timer.clear();
    const at = this.#timer.begin(KIND.command, COMMAND_FRAME.size, timeUs, venueTimeUs, DESK);
    this.#timer.data[at + COMMAND_FRAME.command] = command;
    this.#accept(this.#timer.data, at, venueTimeUs);
  }

  #start(timeUs: TimeUs, venueTimeUs: TimeUs): void {
    this.#messageTimeUs = timeUs;
    this.#frameTimeUs = timeUs;
    this.#venueTimeUs = venueTimeUs;
    this.#nextTimerUs = Math.floor(timeUs / TIMER_GRID_US) * TIMER_GRID_US + TIMER_GRID_US;
  }

  /** Timers due before a message, with the answers that are known by then. A timer at the message's own time comes after it. */
  #runTimers(untilUs: TimeUs): void {
    while (this.#nextTimerUs < untilUs) {
      const timeUs = this.#nextTimerUs;
      const venueTimeUs = this.#venueTimeUs + Math.max(0, timeUs - this.#messageTimeUs);
      this.#deliverReplies(venueTimeUs, timeUs, false);
      this.#port.advance(venueTimeUs);
      this.#timer.clear();
      const at = this.#timer.begin(KIND.timer, TIMER.size, timeUs, venueTimeUs, DESK);
      this.#timer.data[at + TIMER.connectionUs] = this.#messageTimeUs;
      this.#accept(this.#timer.data, at, venueTimeUs);
      // Frames that led to nothing wait for company, but no longer than this.
      this.#sequencer.commit();
      this.#nextTimerUs += TIMER_GRID_US;
    }
  }

  /** A gap: what rested ended at the last message before it, no timer runs inside it, and the venue clock starts anew behind it. */
  #skipGap(data: Float64Array, gapAt: number, timeUs: TimeUs, newestVenueTimeUs: TimeUs): void {
    data[gapAt + F.timeUs] = timeUs;
    this.#port.onMarket(data, gapAt);
    const lastVenueUs = Math.max(this.#venueTimeUs, data[gapAt + GAP.lastVenueTimeUs] as TimeUs);
    this.#accept(data, gapAt, lastVenueUs);
    this.#nextTimerUs = Math.floor(timeUs / TIMER_GRID_US) * TIMER_GRID_US + TIMER_GRID_US;
    this.#messageTimeUs = timeUs;
    this.#venueTimeUs = Math.max(lastVenueUs, newestVenueTimeUs);
  }

  /**
   * Gives the desk every answer that is known by `venueTimeUs` (before it, with `strictlyBefore`), one venue moment after another, because
   * an answer may lead to a request that arrives before the next answer.
   */
  #deliverReplies(venueTimeUs: TimeUs, latestUs: TimeUs, strictlyBefore: boolean): void {
    for (;;) {
      const dueUs = this.#port.nextDueUs();
      if (strictlyBefore ? dueUs >= venueTimeUs : dueUs > venueTimeUs) return;
      this.#port.advance(dueUs);
      const elapsedUs = Math.max(0, dueUs - this.#venueTimeUs);
      const timeUs = Math.min(latestUs, Math.max(this.#frameTimeUs, this.#messageTimeUs + elapsedUs));
      this.#replies.clear();
      this.#port.poll(dueUs, timeUs, this.#replies);
      const data = this.#replies.data;
      for (let at = 0; at < this.#replies.length; at += data[at] as number) this.#accept(data, at, dueUs);
    }
  }

  /** One frame through the desk, and its intents out. */
  #accept(data: Float64Array, at: number, decisionVenueUs: TimeUs): void {
    this.#decisionVenueUs = decisionVenueUs;
    this.#frameTimeUs = Math.max(this.#frameTimeUs, data[at + F.timeUs] as TimeUs);
    this.#sequencer.accept(data, at);
    this.#observer.onFrame(data, at);
    this.#sendIntents();
    this.#sequencer.settle(this.#frameTimeUs);
  }

  #sendIntents(): void {
    const intents = this.#desk.intents;
    if (intents.length === 0) return;
    const data = intents.data;
    for (let at = 0; at < intents.length; at += data[at] as number) {
      this.#sequencer.acceptIntent(data, at);
      this.#observer.onIntent(data, at);
    }
    // All of them are written before the first is acted upon.
    this.#sequencer.commit();
    for (let at = 0; at < intents.length; at += data[at] as number) this.#port.submit(data, at, this.#decisionVenueUs);
    this.#port.flush?.();
    intents.clear();
  }
}

/** Offset of the gap frame of a message, or -1. The intake writes at most one, first. */
function findGap(lane: FrameLane): number {
  return lane.length > 0 && lane.data[F.kind] === KIND.gap ? 0 : -1;
}
