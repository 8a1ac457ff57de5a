/**
 * The local Hyperliquid on a port: a thin shell around the venue's functions, on loopback only.
 * @module
 */
import { type LocalServer, type ServerHandlers, serveLoopback } from "../io/serve.ts";
import type { Control } from "./control.ts";
import type { Door } from "./door.ts";
import type { Connection, HttpReply } from "./wire.ts";

/**
 * Serves `POST /info`, `POST /exchange` and `/ws`, and `POST /control` where there is one. Port 0 takes any free one. A reply that a fault
 * swallowed never comes: the request stays open until its client gives up.
 */
export function serveExchange(door: Door, control: Control | null, options: { port?: number } = {}): LocalServer {
  const handlers: ServerHandlers<Connection> = {
    openPaths: ["/info", "/exchange"],
    onPost: (path, body) => {
      if (path === "/control") return control === null ? null : control.post(body);
      if (path !== "/info" && path !== "/exchange") return null;
      return new Promise<HttpReply>((resolve) => door.post(path, body, resolve));
    },
    onOpen: (send, drop) => door.open({ send, drop }),
    onMessage: (connection, text) => connection.onMessage(text),
    onClose: (connection) => connection.onClose(),
  };
  return serveLoopback(options.port ?? 0, "/ws", handlers);
}
