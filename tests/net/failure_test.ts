/**
 * What is said of a Qontak to which no connection can be made. Certificates
 * must be trusted when a process starts, so each case is a process.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { connectFailure } from "../../src/net/failure.ts";
import {
  issueCertificate,
  makeCertificates,
  noOpenssl,
} from "../support/certificates.ts";
import { freePort } from "../support/free_port.ts";
import {
  type Ended,
  permissions,
  program,
  run,
  runDeno,
} from "../support/process.ts";
import { answersById, toolCall, toStdin } from "../support/rpc.ts";

/** How a process is started with arguments, an environment and input. */
type Start = (
  args: string[],
  options: { readonly env: Record<string, string>; readonly stdin?: string },
) => Promise<Ended>;

/** What a call of a tool says, and what doctor says of the clock. */
async function sayings(
  url: string,
  added: Record<string, string> = {},
  start: Start = run,
): Promise<readonly string[]> {
  const env = {
    QONTAK_BASE_URL: url,
    QONTAK_REFRESH_TOKEN: "a-token",
    ...added,
  };
  const stdin = toStdin(toolCall(1, "list_pipelines"));
  const called = await start([], { env, stdin });
  const { result } = answersById(called.stdout).get(1);
  assertEquals(result.isError, true, called.stdout);
  const asked = await start(["doctor", "--json"], { env });
  assertEquals(asked.code, 1, asked.stderr);
  const findings: { check: string; detail: string }[] = JSON.parse(
    asked.stdout,
  );
  return [
    result.content[0].text,
    findings.find(({ check }) => check === "clock")!.detail,
  ];
}

const TODAY = /\d{4}-\d\d-\d\d/;

Deno.test({
  name:
    "a certificate that is not accepted is said to be old, young, foreign or untrusted",
  ignore: noOpenssl !== "",
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      await makeCertificates(dir);
      const past = "20200101000000Z";
      const future = "20490101000000Z";
      const table: [string, string, string, string, string][] = [
        [
          "IP:127.0.0.1",
          past,
          "20200201000000Z",
          `${dir}/ca.pem`,
          "its certificate is not valid on DATE, which is the date of this machine. If the date is wrong, set this machine's clock; otherwise the certificate must be renewed",
        ],
        [
          "IP:127.0.0.1",
          "20480101000000Z",
          future,
          `${dir}/ca.pem`,
          "its certificate is not valid on DATE, which is the date of this machine. If the date is wrong, set this machine's clock; otherwise the certificate must be renewed",
        ],
        [
          "DNS:other.example",
          past,
          future,
          `${dir}/ca.pem`,
          "its certificate is for another host name. Check the network and QONTAK_BASE_URL",
        ],
        [
          "IP:127.0.0.1",
          past,
          future,
          "",
          "its certificate is signed by an authority that this machine does not trust. Name the file with the certificate of the authority that signed it in DENO_CERT or NODE_EXTRA_CA_CERTS",
        ],
      ];
      for (const [host, from, until, trusted, expected] of table) {
        const pair = await issueCertificate(dir, { host, from, until });
        await using server = Deno.serve(
          { hostname: "127.0.0.1", port: 0, ...pair, onListen() {} },
          () => Response.json({}),
        );
        const url = `https://127.0.0.1:${server.addr.port}`;
        const [called, asked] = await sayings(
          url,
          trusted ? { DENO_CERT: trusted } : {},
        );
        const [reason, advice] = expected.split(". ");
        assertStringIncludes(
          called!.replace(TODAY, "DATE"),
          `could not be reached: ${reason}. Nothing was sent, so nothing changed. ${advice}`,
        );
        assertStringIncludes(
          asked!.replace(TODAY, "DATE"),
          `could not be reached: ${expected}`,
        );
      }
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test("errors distinguish an unknown host, a refusal and a proxy that does not answer", async () => {
  const port = freePort();
  const table: [string, Record<string, string>, string][] = [
    [
      `http://127.0.0.1:${port}`,
      {},
      "the connection was refused.",
    ],
    [
      "https://crm.invalid",
      {},
      "the host name is unknown.",
    ],
    [
      "https://crm.invalid",
      { HTTPS_PROXY: `http://127.0.0.1:${port}` },
      "the connection was refused, and requests go through the proxy that the environment names.",
    ],
  ];
  for (const [url, env, reason] of table) {
    for (const said of await sayings(url, env)) {
      assertStringIncludes(said, `could not be reached: ${reason}`);
    }
  }
});

Deno.test("a host that the runtime does not allow is named, with the flag", async () => {
  const restricted: Start = async (args, { env, stdin = "" }) => {
    const [first = "run", ...rest] = await program(...args);
    return await runDeno(
      [first, ...permissions(), ...rest.filter((arg) => arg !== "-A")],
      { env, stdin },
    );
  };
  const said = await sayings("https://crm.example.com", {}, restricted);
  for (const text of said) {
    assertStringIncludes(
      text,
      "could not be reached: this program may not connect to crm.example.com:443.",
    );
    assertStringIncludes(
      text,
      "Start with deno run -A, or with --allow-net for that host",
    );
  }
});

Deno.test("connectFailure() finds no failure to connect once a connection was made", () => {
  for (
    const message of [
      "error sending request for url (https://x/): connection closed before message completed",
      "error sending request: peer closed connection without sending TLS close_notify",
      "error sending request: connection reset by peer (os error 104)",
      "stream error received: unspecific protocol error detected",
    ]
  ) {
    const error = new TypeError("fetch failed", { cause: new Error(message) });
    assertEquals(connectFailure(error, "https://crm.example.com"), undefined);
  }
});
