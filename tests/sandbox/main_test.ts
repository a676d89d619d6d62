import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { readFlags } from "../../src/sandbox/main.ts";
import { sign } from "./signer.ts";

Deno.test("readFlags() reads every flag", () => {
  assertEquals(readFlags([]), {});
  assertEquals(
    readFlags([
      "--port",
      "8080",
      "--seed",
      "3",
      "--no-token-info",
      "--reusable-tokens",
      "--observed",
    ]),
    {
      port: 8080,
      seed: 3,
      tokenInfo: false,
      rotateRefreshTokens: false,
      profile: "observed",
    },
  );
});

Deno.test("readFlags() refuses unknown flags", () => {
  for (
    const [args, message] of [
      [["--prot", "1"], "Unknown flag --prot"],
      [["8080"], "Unknown flag 8080"],
      [["--port"], "--port needs a number"],
      [["--port", "65536"], "--port needs a number"],
      [["--seed", "one"], "--seed needs a number"],
    ] as const
  ) {
    assertThrows(() => readFlags(args), TypeError, message);
  }
});

// The rest needs a process, and the permission to run one.
const main = new URL("../../src/sandbox/main.ts", import.meta.url).pathname;
const { state } = Deno.permissions.querySync({ name: "run" });
const ignore = state !== "granted" || Deno.build.os === "windows";

function start(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", "--allow-net=127.0.0.1", main, ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test({
  name: "main.ts serves until SIGTERM and prints how to use it",
  ignore,
  async fn() {
    const child = start("--seed", "2");
    const reader = child.stderr.pipeThrough(new TextDecoderStream())
      .getReader();
    let text = "";
    while (!/^MEKARI_SSO_ID=.*\n/m.test(text)) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
    }
    const [, url] = /^QONTAK_BASE_URL=(.+)$/m.exec(text) ?? [];
    assertMatch(text, /^QONTAK_REFRESH_TOKEN=sandbox-refresh-token$/m);
    const response = await fetch(`${url}/_sandbox/state`);
    assertEquals((await response.json()).deals, 60);
    assertMatch(text, /^QONTAK_AUTH=hmac$/m);
    const said = (name: string): string =>
      new RegExp(`^${name}=(.+)$`, "m").exec(text)?.[1] ?? "";
    const target = "/qontak/crm/pipelines";
    const application = {
      clientId: said("MEKARI_CLIENT_ID"),
      clientSecret: said("MEKARI_CLIENT_SECRET"),
      ssoId: said("MEKARI_SSO_ID"),
    };
    const signed = await fetch(url + target, {
      headers: sign("GET", target, { application }),
    });
    assertEquals((await signed.json()).meta.status, 200);
    child.kill("SIGTERM");
    await reader.cancel();
    assertEquals((await child.status).code, 0);
    assertEquals(await new Response(child.stdout).text(), "");
  },
});

Deno.test({
  name: "main.ts refuses an unknown flag with exit code 2",
  ignore,
  async fn() {
    const child = start("--loud");
    const { code, stderr } = await child.output();
    assertEquals(code, 2);
    assertMatch(new TextDecoder().decode(stderr), /^Unknown flag --loud$/m);
  },
});
