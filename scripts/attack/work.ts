/**
 * Attacks that cause a lot of work. One request must not block the others or
 * exhaust the memory.
 *
 * @module
 */
import { bearer } from "../../tests/support/deployed.ts";
import type { HttpProcess } from "../../tests/support/process.ts";
import { HEADERS, post, request, toolCall } from "../../tests/support/rpc.ts";
import { type Attack, KEY, peakOf, worst } from "./attack.ts";
import { watchNeighbour } from "./server.ts";

/**
 * How long another caller may wait during an attack, in ms. On an idle machine,
 * it waits a tenth of that.
 */
const LONGEST_WAIT = 2_000;

/** The most memory that the server may use, in MB. */
const MOST_MEMORY = 512;

/** A ligature that becomes 18 letters when it is normalized. */
const LIGATURE = "\ufdfa";

/** A request and the expected answer. */
interface Sent {
  readonly kind: string;
  readonly tried: string;
  /** The message; the body is its JSON. */
  readonly message: unknown;
  /** How many copies to send at once. */
  readonly times?: number;
  /** A pattern that the answer must match. */
  readonly says?: RegExp;
}

const ping = (id: number | string, params = {}) => request(id, "ping", params);

const sent: readonly Sent[] = [
  {
    kind: "CPU",
    tried: "40,000 zeros in fields",
    message: toolCall(1, "list_contacts", {
      fields: `[${"0,".repeat(40_000)}`,
    }),
  },
  {
    kind: "CPU",
    tried: "a list of 100,000 zeros in fields",
    message: toolCall(1, "list_contacts", { fields: Array(100_000).fill(0) }),
  },
  {
    kind: "CPU",
    tried: "a tool's name of 300,000 ligatures",
    message: toolCall(1, LIGATURE.repeat(300_000), {}),
  },
  {
    kind: "CPU",
    tried: "an owner of 300,000 ligatures",
    message: toolCall(1, "list_contacts", {
      creator_id: LIGATURE.repeat(300_000),
    }),
  },
  {
    kind: "CPU",
    tried: "60,000 names of arguments that do not exist",
    message: toolCall(
      1,
      "list_contacts",
      Object.fromEntries(
        Array.from({ length: 60_000 }, (_, i) => [`x${i}`, 1]),
      ),
    ),
  },
  {
    kind: "CPU",
    tried: "an argument 100,000 lists deep",
    message: toolCall(1, "list_contacts", {
      fields: `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
    }),
  },
  {
    kind: "CPU",
    tried: "a question with 20 conditions of 200 values each",
    message: toolCall(1, "query_records", {
      resource: "deals",
      where: Array(20).fill({
        field: "name",
        op: "contains",
        value: Array(200).fill("nothing"),
      }),
    }),
  },
  {
    kind: "CPU",
    tried: "a question with 119,000 ligatures",
    message: toolCall(1, "query_records", {
      resource: "deals",
      where: [{ field: "name", value: LIGATURE.repeat(119_000) }],
    }),
  },
  {
    kind: "CPU",
    tried: "a name that hides 60,000 runs of characters",
    message: toolCall(1, "update_contact", {
      contact_id: 1,
      first_name: "\u200b\u0301".repeat(59_000),
    }),
  },
  {
    kind: "CPU",
    tried: "900 custom fields that do not exist",
    message: toolCall(1, "create_contact", {
      first_name: "x",
      additional_fields: Array.from(
        { length: 900 },
        (_, i) => ({ name: `wrong ${i}`, value: "x" }),
      ),
    }),
  },
  {
    kind: "batches",
    tried: "a batch of 100 calls",
    message: Array.from(
      { length: 100 },
      (_, i) => toolCall(i, "get_contact_template"),
    ),
    says: /at most 20/,
  },
  {
    kind: "batches",
    tried: "20 batches of 20 calls at once",
    message: Array.from(
      { length: 20 },
      (_, i) => toolCall(i, "get_contact_template"),
    ),
    times: 20,
  },
  {
    kind: "duplicate ids",
    tried: "a batch with one id twice",
    message: [ping(1), ping(2), ping(1)],
    says: /have the id/,
  },
  {
    kind: "progressToken",
    tried: "a token of 500,000 characters",
    message: ping(1, { _meta: { progressToken: "x".repeat(500_000) } }),
    says: /progressToken/,
  },
];

/** How many connections send a batch and read nothing. */
const UNREAD = 200;

/**
 * Sends batches of calls over connections from which nothing is read, and says
 * what does not hold: some of them must be refused.
 */
async function sendUnread(url: string): Promise<string | undefined> {
  const { host, hostname, port } = new URL(url);
  const body = JSON.stringify(
    Array.from({ length: 20 }, (_, i) => request(i, "tools/list")),
  );
  const headers = { ...HEADERS, ...bearer(KEY), host };
  const bytes = new TextEncoder().encode([
    "POST /mcp HTTP/1.1",
    ...Object.entries(headers).map((header) => header.join(": ")),
    `content-length: ${body.length}`,
    "",
    body,
  ].join("\r\n"));
  const connections = await Promise.all(
    Array.from({ length: UNREAD }, async () => {
      const one = await Deno.connect({ hostname, port: Number(port) });
      await one.write(bytes);
      return one;
    }),
  );
  const lines = await Promise.all(connections.map(async (one) => {
    const line = new Uint8Array("HTTP/1.1 200".length);
    await one.read(line);
    return new TextDecoder().decode(line);
  }));
  for (const one of connections) one.close();
  const refused = lines.filter((line) => line.endsWith(" 429")).length;
  return refused > UNREAD / 2 ? undefined : `only ${refused} were refused`;
}

/** The attacks on a server. */
export function workAttacks(server: HttpProcess): readonly Attack[] {
  /** Runs an attack, and looks at the other caller and at the memory. */
  async function watched(
    attack: () => Promise<readonly (string | undefined)[]>,
  ): Promise<string | undefined> {
    const neighbour = watchNeighbour(server);
    const found = [...await attack()];
    const wait = await neighbour.stop();
    worst.wait = Math.max(worst.wait, wait);
    if (wait > LONGEST_WAIT) found.push(`another caller waited ${wait} ms`);
    const peak = await peakOf(server);
    if (peak > MOST_MEMORY) found.push(`the server took ${peak} MB`);
    return found.find((problem) => problem !== undefined);
  }

  async function send({ message, says }: Sent): Promise<string | undefined> {
    const response = await fetch(server.url, {
      ...post(message as object, { ...HEADERS, ...bearer(KEY) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    if (response.status >= 500) return `it answers ${response.status}`;
    return !says || says.test(text) ? undefined : text.slice(0, 200);
  }

  return [
    ...sent.map((one): Attack => ({
      ...one,
      run: () =>
        watched(() =>
          Promise.all(Array.from({ length: one.times ?? 1 }, () => send(one)))
        ),
    })),
    {
      kind: "unread answers",
      tried: `${UNREAD} batches of 20 tools/list, of which nothing is read`,
      run: () => watched(async () => [await sendUnread(server.url)]),
    },
  ];
}
