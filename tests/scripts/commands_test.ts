/** Every command in the documents is run, or says why it is not. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { denoInfo } from "../support/deno_dir.ts";
import {
  bareEnv,
  type Ended,
  endedOf,
  giveInput,
  program,
  root,
  startHttp,
} from "../support/process.ts";
import { noOwnRedis, startRedis } from "../support/redis.ts";
import { unless } from "../support/unless.ts";
import { elsewhere, session, type Step, toServer } from "./commands.ts";

/** What starts a command, where it stands inside a sentence. */
const INLINE =
  /^(?:[A-Z_]+=\S+ )*(?:deno|npx|npm|qontak-mcp|curl|podman|docker|kubectl|systemctl|openssl|gh|promtool|claude) \S|^key=\$\(/;

/** A line that sets a variable, as in a .env file. */
const SETTING = /^[A-Z_]+=\S*$/;

/** The commands of a document, in blocks of shell and inside sentences. */
function commandsIn(text: string): string[] {
  const found: string[] = [];
  const prose = text.replaceAll(
    /^ *```(.*)\n([^]*?)```/gm,
    (_, language: string, block: string) => {
      if (language === "sh") found.push(...linesOf(block));
      return "";
    },
  );
  for (const [, code] of prose.matchAll(/`([^`]+)`/g)) {
    const command = code!.replaceAll(/\s+/g, " ");
    if (INLINE.test(command)) found.push(command);
  }
  return found;
}

/** The commands of a block, joined where they continue, without remarks. */
function linesOf(block: string): string[] {
  const lines: string[] = [];
  let open = "";
  for (const line of block.split("\n")) {
    const whole = open + line.replace(/(?:^|\s+)# .*$/, "");
    const quotes = whole.replaceAll(/"[^"]*"/g, "").split("'").length - 1;
    if (whole.endsWith("\\")) open = `${whole.slice(0, -1)} `;
    else if (quotes % 2 === 1) open = `${whole} `;
    else {
      open = "";
      lines.push(whole.replaceAll(/\s+/g, " ").trim());
    }
  }
  return lines.filter((line) => line !== "" && !SETTING.test(line));
}

/** Every command of the documents, and where the first of each is. */
async function documented(): Promise<Map<string, string>> {
  const pages = ["README.md", "README.id.md"];
  for await (const { name } of Deno.readDir(`${root}.github`)) {
    if (name.endsWith(".md")) pages.push(`.github/${name}`);
  }
  const found = new Map<string, string>();
  for (const page of pages) {
    for (const command of commandsIn(await Deno.readTextFile(root + page))) {
      found.set(command, page);
    }
  }
  return found;
}

const known = [
  ...session.map(({ command }) => command),
  ...toServer,
  ...elsewhere.flatMap(({ commands }) => commands),
];

Deno.test("linesOf() joins what continues, and leaves remarks out", () => {
  assertEquals(
    linesOf(
      `a \\\n  --b   # remark\n# only a remark\nX_Y=1\nc -d '{"d":\n 1}'\n`,
    ),
    ["a --b", `c -d '{"d": 1}'`],
  );
});

Deno.test("every command in the documents is run, or says why it is not", async () => {
  const commands = await documented();
  assert(commands.size > 100, `only ${commands.size} commands`);
  assertEquals(
    [...commands].filter(([command]) => !known.includes(command))
      .map(([command, page]) => `${page}: ${command}`),
    [],
    "tests/scripts/commands.ts does not know these",
  );
  assertEquals(
    known.filter((command) => !commands.has(command)),
    [],
    "no document has these any more",
  );
  assertEquals(known.length, new Set(known).size, "one is known twice");
});

Deno.test("the tests that run commands of the documents exist", async () => {
  for (const { test, not, commands } of elsewhere) {
    assert((test === undefined) !== (not === undefined), commands.join());
    if (!test) continue;
    const source = await Deno.readTextFile(root + test.file);
    assertStringIncludes(source, test.name, test.file);
  }
});

/** A machine with its own home folder, and `qontak-mcp` and JSR on it. */
async function createMachine(env: Record<string, string>) {
  const home = await Deno.makeTempDir({ prefix: "qontak-tests-" });
  const words = (list: readonly string[]) =>
    list.map((word) => `'${word}'`).join(" ");
  const [run = "", ...rest] = await program();
  const deno = Deno.execPath();
  const shims = {
    "qontak-mcp": `exec '${deno}' ${run} --unstable-kv ${words(rest)} "$@"`,
    // The package stands in for JSR's.
    deno: `args=()
for arg; do
  case $arg in
    jsr:@qontak/mcp*) args+=(-q ${words(rest.filter((arg) => arg !== "-A"))}) ;;
    *) args+=("$arg") ;;
  esac
done
exec '${deno}' "\${args[@]}"`,
  };
  await Deno.mkdir(`${home}/bin`);
  for (const [name, body] of Object.entries(shims)) {
    await Deno.writeTextFile(`${home}/bin/${name}`, `#!/bin/bash\n${body}\n`, {
      mode: 0o755,
    });
  }
  const bare = bareEnv();
  const all = bareEnv({
    DENO_DIR: (await denoInfo()).denoDir,
    ...env,
    HOME: home,
    XDG_DATA_HOME: `${home}/data`,
    NO_COLOR: "1",
    PATH: `${home}/bin:${bare.PATH}`,
  });
  return {
    async bash(command: string, lines: readonly string[] = []): Promise<Ended> {
      const child = new Deno.Command("bash", {
        args: ["-c", command],
        cwd: root,
        env: all,
        clearEnv: true,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const ending = child.output();
      await giveInput(child, lines.map((line) => `${line}\n`).join(""));
      return endedOf(await ending);
    },
    [Symbol.asyncDispose]: () => Deno.remove(home, { recursive: true }),
  };
}

const noBash = await new Deno.Command("bash", {
    args: [
      "-c",
      "command -v curl && command -v openssl && command -v sha256sum",
    ],
    stdin: "null",
    stdout: "null",
  }).output().then(({ success }) => success, () => false)
  ? ""
  : "bash, curl, openssl or sha256sum is not on PATH";

const TOKENS = ["first-token", "second-token", "third-token"];

Deno.test({
  ...unless(
    noBash,
    "commands of the documents work as they are written, one after the other",
  ),
  async fn() {
    await using stack = new AsyncDisposableStack();
    const sandbox = stack.use(serveSandbox({ refreshTokens: TOKENS }));
    const redis = noOwnRedis ? undefined : stack.use(await startRedis());
    const machine = stack.use(
      await createMachine({
        QONTAK_BASE_URL: sandbox.url,
        QONTAK_AUDIT: "kv",
        TOKEN_STORE: "kv",
        TOKEN_ENCRYPTION_KEY: btoa("thirty-two bytes of one seal key"),
        ...(redis ? { REDIS_URL: redis.url } : {}),
      }),
    );
    let key = "";
    const typed = (line: string) =>
      line.replace(/^token:(\d)$/, (_, at) => TOKENS[Number(at)]!);
    const written = ({ command, fill }: Step) =>
      command.replace(/<\w+>/, fill === "the key" ? key : fill ?? "");
    for (const step of session) {
      if (step.redis && !redis) continue;
      const command = written(step);
      const { code, stdout, stderr } = await machine.bash(
        command,
        step.lines?.map(typed),
      );
      const said = `${command}\n${stdout}${stderr}`;
      assertEquals(code, 0, said);
      assertStringIncludes(said, step.says ?? "");
      key = /\bqmcp_([a-z2-7]{12})_/.exec(stdout)?.[1] ?? key;
    }
  },
});

Deno.test({
  ...unless(noBash, "the documents' requests to a server are answered"),
  async fn() {
    await using machine = await createMachine({});
    const { stdout } = await machine.bash(
      `key=$(openssl rand -hex 32); echo "$key"; printf %s "$key" | sha256sum | cut -d' ' -f1`,
    );
    const [key, hash] = stdout.trim().split("\n");
    await using server = await startHttp(["--sandbox"], {
      MCP_API_KEYS: hash!,
    });
    const { host } = new URL(server.url);
    for (const command of toServer) {
      const { code, stdout, stderr } = await machine.bash(
        `key=${key}; ${command.replace("127.0.0.1:8000", host)}`,
      );
      assertEquals(code, 0, stderr);
      assert(/ok|Corporate Sales/.test(stdout), `${command}\n${stdout}`);
    }
  },
});
