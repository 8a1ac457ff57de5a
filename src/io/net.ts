/**
 * The only place that opens connections: one interface for HTTP and WebSocket, and Bun's own clients behind it.
 * @module
 */

/** What a socket tells. After `onClose` it tells nothing more; a socket that never opened closes too. */
export interface SocketEvents {
  onOpen(): void;
  /** One whole text message. */
  onMessage(text: string): void;
  onClose(why: string): void;
}

/** A socket that was asked for; it may not be open yet. */
export interface Socket {
  /** Sends a text message. On a socket that is not open it is lost without a word: `onClose` tells. */
  send(text: string): void;
  /** Ends it; `onClose` still comes. */
  close(): void;
}

/** An HTTP answer, whatever its status. */
export interface Reply {
  status: number;
  contentType: string;
  text: string;
}

/** The network as it is handed to whatever needs it. */
export interface Net {
  connect(url: string, events: SocketEvents): Socket;
  /** Posts a JSON body. Rejects with a `NetError` when there is no answer within the time. */
  request(url: string, body: string, timeoutMs: number): Promise<Reply>;
}

/** No answer: the network, the name service or the other side is not there. */
export class NetError extends Error {
  override readonly name = "NetError";
  readonly exitCode = 5;
}

/** Longest answer that is read: the venue's largest, all contexts of all dexs, is under 1 MB. */
const REPLY_BYTES_MAX = 64 * 1024 * 1024;

/** Bun's own WebSocket and fetch. */
export class BunNet implements Net {
  connect(url: string, events: SocketEvents): Socket {
    let socket: WebSocket;
    let closed = false;
    const close = (why: string): void => {
      if (closed) return;
      closed = true;
      events.onClose(why);
    };
    try {
      socket = new WebSocket(url);
    } catch (error) {
      queueMicrotask(() => close((error as Error).message));
      return { send: () => {}, close: () => {} };
    }
    socket.onopen = () => {
      if (!closed) events.onOpen();
    };
    socket.onmessage = (event) => {
      if (closed) return;
      // The venue sends text only; whatever is not is told apart by its first byte later, never lost in silence.
      events.onMessage(
        typeof event.data === "string" ? event.data : `binary message of ${event.data.byteLength} bytes`,
      );
    };
    socket.onerror = () => close("connection error");
    socket.onclose = (event) => close(event.reason === "" ? `closed with code ${event.code}` : event.reason);
    return {
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      close: () => {
        // A half-open connection never answers a close: it is over for us at once.
        socket.onmessage = null;
        socket.close();
        queueMicrotask(() => close("closed by us"));
      },
    };
  }

  async request(url: string, body: string, timeoutMs: number): Promise<Reply> {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
      const length = Number(response.headers.get("content-length") ?? 0);
      if (length > REPLY_BYTES_MAX) throw new NetError(`${url}: the answer of ${length} bytes is too long`);
      const text = await response.text();
      return { status: response.status, contentType: response.headers.get("content-type") ?? "", text };
    } catch (error) {
      if (error instanceof NetError) throw error;
      // A wait that ended has a number for its code, which says nothing: the name does.
      const { code, name } = error as { code?: unknown; name?: string };
      throw new NetError(`${url}: ${whyText(typeof code === "string" ? code : String(name), timeoutMs)}`);
    }
  }
}

/** Posts to the socket of another process of the same user. Rejects with a `NetError` when nobody is behind it. */
export async function askUser(path: string, body: string, timeoutMs: number): Promise<string> {
  try {
    const response = await fetch("http://localhost/", {
      method: "POST",
      body,
      unix: path,
      signal: AbortSignal.timeout(timeoutMs),
    });
    return await response.text();
  } catch (error) {
    const { code, name } = error as { code?: unknown; name?: string };
    throw new NetError(`${path}: ${whyText(typeof code === "string" ? code : String(name), timeoutMs)}`);
  }
}

function whyText(code: string, timeoutMs: number): string {
  if (code === "TimeoutError") return `no answer within ${timeoutMs / 1000} s`;
  if (code === "ConnectionRefused" || code === "ECONNREFUSED") return "nobody answers there";
  if (code === "ENOENT") return "nobody answers there";
  if (code === "FailedToOpenSocket" || code === "ENOTFOUND") return "the name is not known, or there is no network";
  return `cannot be reached (${code})`;
}
