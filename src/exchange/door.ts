/**
 * The local exchange as its clients meet it, wherever they are: requests that are answered, and connections.
 * @module
 */
import type { Connection, HttpReply, Wire } from "./wire.ts";

/** Bytes in, bytes out: behind it may stand the exchange itself or something that spoils the way to it. */
export interface Door {
  /** `reply` is called once, now or in a later block. */
  post(path: string, body: string, reply: (reply: HttpReply) => void): void;
  open(wire: Wire): Connection;
}
