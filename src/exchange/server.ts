/**
 * The local Hyperliquid on a port: a thin shell around the venue's functions, on loopback only.
 * @module
 */
import { type LocalServer, type ServerHandlers, serveLoopback } from "../io/serve.ts";
import type { Connection, LocalVenue } from "./venue.ts";

/** Serves `POST /info` and `/ws`. Port 0 takes any free one. */
export function serveLocal(venue: LocalVenue, options: { port?: number } = {}): LocalServer {
  const handlers: ServerHandlers<Connection> = {
    onPost: (path, body) => (path === "/info" ? venue.info(body) : null),
    onOpen: (send, drop) => venue.open({ send, drop }),
    onMessage: (connection, text) => connection.onMessage(text),
    onClose: (connection) => connection.onClose(),
  };
  return serveLoopback(options.port ?? 0, "/ws", handlers);
}
