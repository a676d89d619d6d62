/**
 * Attacks by callers and strangers: credentials, headers, paths, scopes.
 *
 * @module
 */
import { bearer } from "../../tests/support/deployed.ts";
import type { HttpProcess } from "../../tests/support/process.ts";
import { openRaw, rawRequest } from "../../tests/support/raw.ts";
import { HEADERS, post, request } from "../../tests/support/rpc.ts";
import { type Attack, callWith, KEY, READER } from "./attack.ts";

/** How many credentials to guess. */
const GUESSES = 500;

/** The attacks on a server; `seen` lists the requests that reached Qontak. */
export function callerAttacks(
  server: HttpProcess,
  seen: () => readonly string[],
): readonly Attack[] {
  const { url } = server;
  const { host } = new URL(url);

  async function raw(line: string, headers: Record<string, string>) {
    await using socket = await openRaw(url);
    await socket.send(rawRequest(line, { "content-length": "0", ...headers }));
    return await socket.answer();
  }

  return [
    {
      kind: "guesses",
      tried: `${GUESSES} credentials at once, and a right one after them`,
      async run() {
        for (const key of [KEY, READER]) {
          const first = await callWith(server, "list_pipelines", {}, key);
          if (first.status !== 200) {
            return `${key} gets ${first.status} at first`;
          }
        }
        const statuses = await Promise.all(
          Array.from({ length: GUESSES }, async (_, i) => {
            const headers = {
              ...bearer(`guess-${i}`),
              "x-forwarded-for": `192.0.2.${i % 250}`,
            };
            const response = await fetch(
              url,
              post(request(1, "ping"), headers),
            );
            await response.body?.cancel();
            return response.status;
          }),
        );
        const checked = statuses.filter((status) => status !== 429).length;
        if (checked > 40) return `${checked} were checked`;
        const { status } = await callWith(server, "list_pipelines");
        return status === 200 ? undefined : `a right key gets ${status}`;
      },
    },
    {
      kind: "Host header",
      tried:
        "a quotation mark and another name in Host, for the 401 and the metadata",
      async run() {
        const path = "/.well-known/oauth-protected-resource";
        for (
          const name of [
            'evil.example",error="x',
            'x"@127.0.0.1',
            "evil.example",
          ]
        ) {
          for (const line of ["POST /mcp", `GET ${path}`, `GET ${path}/mcp`]) {
            const { text } = await raw(line, { ...HEADERS, host: name });
            if (/evil|error="x|x"@/.test(text)) {
              return `${line} repeats ${name}`;
            }
          }
        }
        return undefined;
      },
    },
    {
      kind: "TRACE",
      tried: "TRACE with a cookie",
      async run() {
        for (const path of ["/mcp", "/", "/health"]) {
          const { status, text } = await raw(`TRACE ${path}`, {
            host,
            cookie: "canary=1",
          });
          if (status !== 405) return `${path} answers ${status}`;
          if (text.includes("canary")) return "the cookie comes back";
        }
        return undefined;
      },
    },
    {
      kind: "metrics",
      tried: "GET /metrics with a customer's keys",
      async run() {
        for (const key of [READER, KEY]) {
          const response = await fetch(new URL("/metrics", url), {
            headers: bearer(key),
          });
          const text = await response.text();
          if (response.status !== 403 || text.includes("# TYPE")) {
            return `${key} gets ${response.status}`;
          }
        }
        return undefined;
      },
    },
    {
      kind: "paths",
      tried: "traversal in addresses and in ids of records",
      async run() {
        for (
          const path of [
            "/../../../../etc/passwd",
            "/mcp/../../etc/passwd",
            "/%2e%2e/%2e%2e/etc/passwd",
            "/..%5c..%5cetc/passwd",
            "//etc/passwd",
            "/__proto__",
            "/constructor",
          ]
        ) {
          const { status, text } = await raw(`GET ${path}`, { host });
          if (![400, 401, 404, 405].includes(status)) {
            return `${path}: ${status}`;
          }
          if (text.includes("root:")) return `${path} brings a file`;
        }
        const before = seen().length;
        for (
          const id of ["../users", "1/../../users", "1?x=1", "%2e%2e", "1#"]
        ) {
          const { isError } = await callWith(server, "get_contact", {
            contact_id: id,
          });
          if (!isError) return `get_contact takes ${id}`;
        }
        const sent = seen().slice(before);
        return sent.length === 0 ? undefined : `${sent} reached Qontak`;
      },
    },
    {
      kind: "scopes",
      tried: "a write and a delete with a key that may read",
      async run() {
        const before = seen().length;
        for (
          const [tool, args] of [
            ["update_contact", { contact_id: 1, first_name: "x" }],
            ["delete_contact", { contact_id: 1 }],
          ] as const
        ) {
          const { text, isError } = await callWith(server, tool, args, READER);
          if (!isError) return `${tool}: ${text}`;
        }
        const sent = seen().slice(before);
        return sent.length === 0 ? undefined : `${sent} reached Qontak`;
      },
    },
  ];
}
