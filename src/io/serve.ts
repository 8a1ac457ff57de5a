/**
 * A small HTTP and WebSocket server on loopback, for venues and panels of our own.
 * @module
 */
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { storageError } from "./exit.ts";

/** An answer; null is 404. */
export type PostReply = { status: number; contentType: string; text: string } | null;

/** What the server asks of whoever it serves. `C` is the server side's own object for one connection. */
export interface ServerHandlers<C> {
  /** Paths that pages of any origin may post to, as the venue allows it. */
  readonly openPaths?: readonly string[];
  onPost(path: string, body: string): PostReply | Promise<PostReply>;
  onOpen(send: (text: string) => void, drop: () => void): C;
  onMessage(connection: C, text: string): void;
  onClose(connection: C): void;
}

export interface LocalServer {
  /** `http://127.0.0.1:port`. */
  url: string;
  port: number;
  /** Bytes that wait in the sockets' buffers. */
  waitingBytes(): number;
  /** Rejects with the first error that a handler threw: that is a bug, and nothing should be served after it. */
  readonly bug: Promise<never>;
  stop(): void;
}

/** Bytes that may wait for one client to read them: an hour of what two dozen subscriptions to the default markets say. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

interface SocketData<C> {
  connection: C | null;
}

const JSON_TYPE = "application/json";
const BROKEN: PostReply = { status: 500, contentType: JSON_TYPE, text: "null" };
const ANY_ORIGIN = { "access-control-allow-origin": "*" };
/** What a browser asks before it posts JSON. */
const PREFLIGHT = { "access-control-allow-methods": "POST", "access-control-allow-headers": "content-type" };

/** Serves on 127.0.0.1 only: nothing of this is for other machines. Throws a storage error when the port is taken. */
export function serveLoopback<C>(port: number, socketPath: string, handlers: ServerHandlers<C>): LocalServer {
  const failure = Promise.withResolvers<never>();
  // Whoever waits on it hears of it; nobody has to.
  failure.promise.catch(() => {});
  const sockets = new Set<Bun.ServerWebSocket<SocketData<C>>>();
  let server: Bun.Server<SocketData<C>>;
  try {
    server = Bun.serve<SocketData<C>>({
      hostname: "127.0.0.1",
      port,
      // Whoever answers late, or never, decides that: Bun would end the connection after 10 s.
      idleTimeout: 0,
      fetch(request, self) {
        const path = new URL(request.url).pathname;
        if (path === socketPath) {
          if (self.upgrade(request, { data: { connection: null } })) return undefined;
          return new Response("Expected a WebSocket", { status: 400 });
        }
        return answer(request, path, handlers, failure.reject);
      },
      websocket: {
        // The venue does not compress, and closes silent connections itself.
        perMessageDeflate: false,
        idleTimeout: 0,
        // Who does not read is let go: beyond the limit Bun would drop messages in silence, and the memory stays taken.
        backpressureLimit: WAITING_BYTES_MAX,
        closeOnBackpressureLimit: true,
        open(socket) {
          sockets.add(socket);
          socket.data.connection = handlers.onOpen(
            (text) => {
              socket.sendText(text);
            },
            () => socket.terminate(),
          );
        },
        message(socket, message) {
          if (socket.data.connection === null) return;
          try {
            handlers.onMessage(socket.data.connection, String(message));
          } catch (error) {
            failure.reject(error);
          }
        },
        close(socket) {
          sockets.delete(socket);
          if (socket.data.connection !== null) handlers.onClose(socket.data.connection);
        },
      },
    });
  } catch (error) {
    throw storageError(`port ${port} of 127.0.0.1 cannot be used (${(error as { code?: string }).code ?? "error"})`);
  }
  return {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port ?? port,
    bug: failure.promise,
    waitingBytes: () => [...sockets].reduce((sum, socket) => sum + socket.getBufferedAmount(), 0),
    stop: () => {
      server.stop(true);
    },
  };
}

/** Answers a request that is no upgrade. */
async function answer<C>(
  request: Request,
  path: string,
  handlers: ServerHandlers<C>,
  onBug: (error: unknown) => void,
): Promise<Response> {
  const headers = handlers.openPaths?.includes(path) === true ? ANY_ORIGIN : {};
  if (request.method === "OPTIONS" && headers === ANY_ORIGIN)
    return new Response(null, { status: 200, headers: { ...headers, ...PREFLIGHT } });
  if (request.method !== "POST") return new Response("Method Not Allowed", { status: 405 });
  const body = await request.text();
  const reply = await Promise.try(() => handlers.onPost(path, body)).catch((error) => {
    onBug(error);
    return BROKEN;
  });
  if (reply === null) return new Response("Not Found", { status: 404 });
  return new Response(reply.text, {
    status: reply.status,
    headers: { ...headers, "content-type": reply.contentType },
  });
}

/** A door for other processes of the same user: a socket in the file system. */
export interface UserSocket {
  path: string;
  stop(): void;
}

/**
 * Serves JSON posts on a socket that only its owner may open (0600 in a folder of 0700). A socket that a dead process left is replaced: whoever
 * calls this holds the lock that says there is no other. Throws a storage error.
 */
export function serveUser(path: string, onPost: (body: string) => string): UserSocket {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(path, { force: true });
    // The socket is made with the process's mask: nobody else may open it, not even for the moment before its mode is set.
    const mask = process.umask(0o177);
    let server: Bun.Server<undefined>;
    try {
      server = Bun.serve({
        unix: path,
        fetch: async (request) =>
          new Response(onPost(await request.text()), { headers: { "content-type": JSON_TYPE } }),
      });
    } finally {
      process.umask(mask);
    }
    chmodSync(path, 0o600);
    return {
      path,
      stop: () => {
        server.stop(true);
        rmSync(path, { force: true });
      },
    };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    throw storageError(
      `${path}: cannot be made (${code ?? message}): set XDG_RUNTIME_DIR to a shorter or writable folder`,
    );
  }
}
