import { afterAll, describe, expect, test } from "bun:test";
import { serveLoopback } from "../../src/io/serve.ts";

const server = serveLoopback(0, "/ws", {
  openPaths: ["/info"],
  onPost: (path, body) =>
    path === "/lost" ? null : { status: 200, contentType: "application/json", text: JSON.stringify(body) },
  onOpen: () => null,
  onMessage: () => {},
  onClose: () => {},
});
afterAll(() => server.stop());
const origin = (path: string, method: string): Promise<(string | number | null)[]> =>
  fetch(server.url + path, { method, ...(method === "POST" && { body: "x" }) }).then((r) => [
    r.status,
    r.headers.get("access-control-allow-origin"),
  ]);

describe("pages of other origins", () => {
  test.each([
    ["/info", "POST", 200, "*"],
    ["/info", "OPTIONS", 200, "*"],
    ["/control", "POST", 200, null],
    ["/control", "OPTIONS", 405, null],
    ["/lost", "POST", 404, null],
    ["/info", "GET", 405, null],
  ] as const)("%s by %s", async (path, method, status, allowed) => {
    expect(await origin(path, method)).toEqual([status, allowed]);
  });
});

test("a handler that throws is a bug: 500 for who asked, and the server's owner hears of it", async () => {
  const broken = serveLoopback(0, "/ws", {
    onPost: (path) => {
      throw new Error(`no ${path}`);
    },
    onOpen: () => null,
    onMessage: () => {},
    onClose: () => {},
  });
  const answer = await fetch(`${broken.url}/info`, { method: "POST", body: "x" });
  expect([answer.status, await answer.text()]).toEqual([500, "null"]);
  expect(await broken.bug.catch((error) => (error as Error).message)).toBe("no /info");
  broken.stop();
});
