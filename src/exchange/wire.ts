/**
 * What passes between the local exchange and whoever carries its bytes.
 * @module
 */
import { UNREADABLE_BODY } from "../wire/hyperliquid/errors.ts";

/** The venue's side of one connection. */
export interface Wire {
  send(text: string): void;
  /** Ends the connection without a word, as the venue does. */
  drop(): void;
}

/** What a connection tells the venue. */
export interface Connection {
  onMessage(text: string): void;
  onClose(): void;
}

/** An answer to `POST`. */
export interface HttpReply {
  status: number;
  contentType: string;
  text: string;
}

/** An answer in JSON that is text already. */
export const jsonReply = (text: string): HttpReply => ({ status: 200, contentType: "application/json", text });

/** The venue's answer to a body that it cannot read. */
export const UNREADABLE: HttpReply = {
  status: 422,
  contentType: "text/plain",
  text: UNREADABLE_BODY,
};

/** Where a client's clock is driven: each push is preceded by one of this channel that says when it arrives. */
export const CLOCK_CHANNEL = "mmbinClock";
