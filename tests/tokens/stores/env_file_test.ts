import {
  assert,
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { StoreError } from "../../../src/errors.ts";
import { openEnvFile } from "../../../src/tokens/stores/env_file.ts";
import { bareEnv, root, stdFlags } from "../../support/process.ts";
import { createRandom, type Random } from "../../../src/sandbox/random.ts";
import { parseVariables } from "../../../src/values/env.ts";
import { sleep } from "../../support/time.ts";

const isUnix = Deno.build.os !== "windows";
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A `.env` file in a separate folder. */
async function withFile(
  content: string | Uint8Array,
  run: (path: string, dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/.env`;
  try {
    await Deno.writeFile(
      path,
      typeof content === "string" ? bytesOf(content) : content,
    );
    await run(path, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function test(
  name: string,
  content: string,
  run: (path: string, dir: string) => Promise<void>,
) {
  Deno.test(name, () => withFile(content, run));
}

/** Temporarily replaces a function of Deno. */
async function withDeno<K extends "rename" | "chmod">(
  name: K,
  replacement: (original: typeof Deno[K]) => typeof Deno[K],
  run: () => Promise<void>,
): Promise<void> {
  const original = Deno[name];
  Deno[name] = replacement(original);
  try {
    await run();
  } finally {
    Deno[name] = original;
  }
}

function startCounting(...args: string[]): Promise<Deno.ChildProcess> {
  return start(["-A"], ["file", ...args]);
}

async function start(
  permissions: string[],
  args: string[],
  cwd: string = root,
): Promise<Deno.ChildProcess> {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-check",
      "--no-prompt",
      "--config",
      `${root}deno.json`,
      ...permissions,
      ...await stdFlags(),
      `${root}tests/support/counter.ts`,
      ...args,
    ],
    cwd,
    env: bareEnv({ NO_COLOR: "1" }),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

const rewritten: readonly (readonly [string, string, string])[] = [
  ["TOKEN=old", "new", "TOKEN=new"],
  ["TOKEN=old\n", "new", "TOKEN=new\n"],
  ["TOKEN='old'\n", "new", "TOKEN='new'\n"],
  ['TOKEN="old"\n', "new", 'TOKEN="new"\n'],
  ["TOKEN=' old '\n", "new", "TOKEN='new'\n"],
  ["export TOKEN=old\n", "new", "export TOKEN=new\n"],
  ["  TOKEN =  old  \n", "new", "  TOKEN =  new  \n"],
  ["\tTOKEN\t=\t'old'\t\n", "new", "\tTOKEN\t=\t'new'\t\n"],
  ["TOKEN=old # of May\n", "new", "TOKEN=new # of May\n"],
  ["TOKEN='old' # 'it'\n", "new", "TOKEN='new' # 'it'\n"],
  ["A=1\r\nTOKEN=old\r\nB=2\r\n", "new", "A=1\r\nTOKEN=new\r\nB=2\r\n"],
  ["A=1\r\nTOKEN=old\nB=2", "new", "A=1\r\nTOKEN=new\nB=2"],
  ["\uFEFFTOKEN=old\n", "new", "\uFEFFTOKEN=new\n"],
  ["\uFEFFA=1\nTOKEN=old\n", "new", "\uFEFFA=1\nTOKEN=new\n"],
  // The last one counts.
  ["TOKEN=first\nTOKEN=old\n", "new", "TOKEN=first\nTOKEN=new\n"],
  ["TOKEN=old\n# TOKEN=other\n", "new", "TOKEN=new\n# TOKEN=other\n"],
  ["#TOKEN=other\nTOKEN=old\n", "new", "#TOKEN=other\nTOKEN=new\n"],
  ["TOKENS=1\nTOKEN=old\nMY_TOKEN=2", "new", "TOKENS=1\nTOKEN=new\nMY_TOKEN=2"],
  // What looks like an assignment may be part of another value.
  [
    "TOKEN=old\nKEY='\nTOKEN=other\n'\nB=2\n",
    "new",
    "TOKEN=new\nKEY='\nTOKEN=other\n'\nB=2\n",
  ],
  [
    'KEY="a\nTOKEN=other"\nTOKEN="old"\nKEY2="b\nTOKEN=other\n"\n',
    "new",
    'KEY="a\nTOKEN=other"\nTOKEN="new"\nKEY2="b\nTOKEN=other\n"\n',
  ],
  // A value that needs quotes gets them, so that nothing is expanded.
  ["TOKEN=old\n", "a$HOME", "TOKEN='a$HOME'\n"],
  ["TOKEN=old\n", "a#b", "TOKEN='a#b'\n"],
  ["TOKEN=old # c\n", "a b", "TOKEN='a b' # c\n"],
  ['TOKEN="old"\n', "a$b", "TOKEN='a$b'\n"],
  ["TOKEN='old'\n", "it's", 'TOKEN="it\'s"\n'],
  ["TOKEN=old\n", "it's", 'TOKEN="it\'s"\n'],
  ["TOKEN='old'\n", "\\n", "TOKEN='\\n'\n"],
  ["TOKEN='old'\n", "né→😀", "TOKEN='né→😀'\n"],
  // Also if its own value was expanded.
  ["A=x\nTOKEN='old'\nB=${A}\n", "new", "A=x\nTOKEN='new'\nB=${A}\n"],
];

Deno.test("replace() changes one value and no other byte", async () => {
  for (const [before, to, after] of rewritten) {
    await withFile(before, async (path) => {
      const file = openEnvFile(path, "TOKEN");
      assertEquals(await file.read(), "old", JSON.stringify(before));
      assertEquals(await file.replace("old", to), true);
      assertEquals(await Deno.readTextFile(path), after);
      assertEquals(await file.read(), to);
    });
  }
});

Deno.test("replace() keeps bytes that are not UTF-8", async () => {
  const latin = (text: string) =>
    Uint8Array.from(text, (char) => char.charCodeAt(0));
  // The last byte is a space for programs that read bytes as characters.
  const before = latin("# caf\xe9\nTOKEN=old # \xff\nB=voil\xc3\xa0\n");
  await withFile(before, async (path) => {
    await openEnvFile(path, "TOKEN").replace("old", "new");
    assertEquals(
      await Deno.readFile(path),
      latin("# caf\xe9\nTOKEN=new # \xff\nB=voil\xc3\xa0\n"),
    );
  });
  await withFile("TOKEN=voil\u00e0\n", async (path) => {
    await openEnvFile(path, "TOKEN").replace("voil\u00e0", "new");
    assertEquals(await Deno.readTextFile(path), "TOKEN=new\n");
  });
});

Deno.test("replace() does not change a file in which it cannot change only the value", async () => {
  const table: [string, string][] = [
    // No kind of quotes can contain it.
    ["TOKEN=canary\n", "canary'\"$"],
    ["TOKEN=canary\n", "canary\nB=2"],
    // A missing quotation mark has made two variables into one value.
    ["TOKEN='canary\nB=2\nC='\n", "canary"],
  ];
  for (const [before, to] of table) {
    await withFile(before, async (path, dir) => {
      const file = openEnvFile(path, "TOKEN");
      const from = await file.read();
      const error = await assertRejects(
        () => file.replace(from!, to),
        StoreError,
        path,
      );
      assertNotMatch(Deno.inspect(error), /canary/);
      assertEquals(await Deno.readTextFile(path), before);
      assertEquals(Array.from(Deno.readDirSync(dir)).length, 1);
    });
  }
});

/** A piece of a `.env` file; `own` if it belongs to our variable. */
interface Piece {
  readonly before: string;
  readonly value: string;
  readonly after: string;
  readonly own: boolean;
}

function randomFile(random: Random, name: string): Piece[] {
  const { pick, int } = random;
  const newline = pick(["\n", "\n", "\r\n"]);
  const safe = (length: number) =>
    Array.from(
      { length },
      () => pick([..."abcXYZ0189._~+/=-"]),
    ).join("");
  const comment = () => pick(["", "", " # note", "  # it's", ' # "it" $X']);
  const blank = () => pick(["", "", " ", "\t"]);
  const text = (before: string, after = "") => ({
    before,
    value: "",
    after: after + newline,
    own: false,
  });
  const assignment = (variable: string, content: string, own: boolean) => {
    const mark = pick(["", "'", '"']);
    return {
      before: blank() + pick(["", "", "export "]) + variable +
        pick(["=", "=", " = ", "=  "]),
      value: mark + content + mark,
      after: comment() + newline,
      own,
    };
  };
  const piece = (): Piece => {
    switch (int(0, 6)) {
      case 0:
        return text("");
      case 1:
        return text(`# ${name}=${safe(5)}`);
      case 2:
        return text(`#${name}='${safe(5)}'`);
      case 3: {
        const mark = pick(["'", '"']);
        return text(
          `K${int(0, 8)}=${mark}${
            safe(3)
          }${newline}${name}=decoy${newline}${mark}`,
        );
      }
      case 4:
        return text(pick(["no assignment", "  ", "\t# é→😀", "EMPTY="]));
      case 5:
        return assignment(
          `${pick(["", "X"])}${name}_${int(0, 4)}`,
          safe(6),
          false,
        );
      default:
        return assignment(`V${int(0, 4)}`, pick([safe(4), "a b", "é"]), false);
    }
  };
  const own = () =>
    assignment(name, safe(1 + int(0, 11)).replace(/^=+/, "a"), true);
  const pieces = [
    ...Array.from({ length: int(0, 5) }, piece),
    ...(int(0, 3) === 0
      ? [own(), ...Array.from({ length: int(0, 2) }, piece)]
      : []),
    own(),
    ...Array.from({ length: int(0, 5) }, piece),
  ];
  if (int(0, 4) === 0) {
    const [first, ...rest] = pieces;
    pieces.splice(0, pieces.length, {
      ...first!,
      before: `\uFEFF${first!.before}`,
    }, ...rest);
  }
  if (int(0, 3) === 0) {
    const last = pieces.pop()!;
    pieces.push({ ...last, after: last.after.replace(/\r?\n$/, "") });
  }
  return pieces;
}

Deno.test("replace() changes only the value in any file", async () => {
  const random = createRandom(20_261_124);
  const printable = Array.from(
    { length: 95 },
    (_, i) => String.fromCharCode(32 + i),
  );
  let refused = 0;
  const CASES = 400;
  for (let i = 0; i < CASES; i++) {
    const name = random.pick(["QONTAK_REFRESH_TOKEN", "T", "_t0"]);
    const pieces = randomFile(random, name);
    const whole = pieces.map((p) => p.before + p.value + p.after).join("");
    const to = `t${
      Array.from(
        { length: random.int(0, 19) },
        () =>
          random.pick(random.chance(2 / 3) ? [..."aZ09._~+/=-"] : printable),
      ).join("")
    }e`;
    await withFile(whole, async (path) => {
      const file = openEnvFile(path, name);
      const from = await file.read();
      const shown = JSON.stringify({ whole, to });
      assert(from !== undefined, shown);
      assertEquals(await file.replace(`${from}x`, to), false);
      assertEquals(await Deno.readTextFile(path), whole, shown);
      try {
        assertEquals(await file.replace(from, to), true);
      } catch (error) {
        // Both kinds of quotation marks, or one kind and text that is expanded
        // in the other. Some readers expand variables that are set without
        // quotes above.
        const isTwice = pieces.filter((piece) => piece.own).length > 1;
        const can = !(/'/.test(to) && /["\\$`]/.test(to)) &&
          !(isTwice && to.includes("$"));
        assert(!can, `${shown} ${error}`);
        assertEquals(await Deno.readTextFile(path), whole, shown);
        refused++;
        return;
      }
      const after = await Deno.readTextFile(path);
      const own = pieces.findLastIndex((piece) => piece.own);
      const side = (some: Piece[]) =>
        some.map((p) => p.before + p.value + p.after).join("");
      const start = side(pieces.slice(0, own)) + pieces[own]!.before;
      const end = pieces[own]!.after + side(pieces.slice(own + 1));
      assert(after.startsWith(start) && after.endsWith(end), shown);
      const written = after.slice(start.length, after.length - end.length);
      assert([to, `'${to}'`, `"${to}"`].includes(written), shown + written);
      if (/^[\w.~+/=-]+$/.test(to)) {
        const mark = /^['"]?/.exec(pieces[own]!.value)![0];
        assertEquals(written, mark + to + mark, shown);
      }
      assertEquals(
        parseVariables(after),
        { ...parseVariables(whole), [name]: to },
        shown,
      );
    });
  }
  assert(refused < CASES / 4, `${refused} refused`);
});

test(
  "read() returns the current value, and undefined if it is gone",
  "",
  async (path) => {
    const file = openEnvFile(path, "TOKEN");
    const table: [string, string | undefined][] = [
      ["TOKEN=a\n", "a"],
      ["\uFEFFTOKEN=' b '\r\n", "b"],
      ["TOKEN=\n", undefined],
      ["TOKEN='  '\n", undefined],
      ["#TOKEN=a\n", undefined],
      ["", undefined],
    ];
    for (const [content, expected] of table) {
      await Deno.writeTextFile(path, content);
      assertEquals(await file.read(), expected, JSON.stringify(content));
    }
    await Deno.remove(path);
    assertEquals(await file.read(), undefined);
  },
);

test(
  "replace() never replaces what a person has written",
  "TOKEN=theirs\n",
  async (path, dir) => {
    const file = openEnvFile(path, "TOKEN");
    assertEquals(await file.replace("ours", "newer"), false);
    assertEquals(await Deno.readTextFile(path), "TOKEN=theirs\n");
    // Nor what they save at the last moment.
    const save =
      (original: typeof Deno.chmod) => async (...args: [string, number]) => {
        await Deno.writeTextFile(path, "TOKEN=saved\n");
        await original(...args);
      };
    if (isUnix) {
      await withDeno(
        "chmod",
        (chmod) => save(chmod) as typeof chmod,
        async () => {
          assertEquals(await file.replace("theirs", "newer"), false);
        },
      );
      assertEquals(await Deno.readTextFile(path), "TOKEN=saved\n");
    }
    for (const content of ["", "TOKEN=\n", "#TOKEN=a\n"]) {
      await Deno.writeTextFile(path, content);
      await assertRejects(
        () => file.replace("theirs", "newer"),
        StoreError,
        "TOKEN is no longer in",
      );
      assertEquals(await Deno.readTextFile(path), content);
    }
    await Deno.remove(path);
    await assertRejects(() => file.replace("a", "b"), StoreError, "it is gone");
    assertEquals(Array.from(Deno.readDirSync(dir)), []);
  },
);

test("replace() of many at once lets one win", "TOKEN=old\n", async (path) => {
  const same = openEnvFile(path, "TOKEN");
  const results = await Promise.allSettled(
    Array.from(
      { length: 20 },
      (_, i) =>
        (i % 2 ? same : openEnvFile(path, "TOKEN")).replace("old", `new${i}`),
    ),
  );
  const won = results.flatMap((result, i) =>
    result.status === "fulfilled" && result.value ? [`new${i}`] : []
  );
  assertEquals(won.length, 1);
  assertEquals(await same.read(), won[0]);
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    assertStringIncludes(String(result.reason), "Another process is changing");
  }
});

if (isUnix) {
  test(
    "replace() follows a link, and keeps it and the mode",
    "TOKEN=old\n",
    async (path, dir) => {
      await Deno.mkdir(`${dir}/elsewhere`);
      await Deno.rename(path, `${dir}/elsewhere/secret`);
      await Deno.symlink("elsewhere/secret", path);
      for (const mode of [0o600, 0o640, 0o644]) {
        await Deno.chmod(path, mode);
        const file = openEnvFile(path, "TOKEN");
        assertEquals(
          await file.replace((await file.read())!, `n${mode}`),
          true,
        );
        assert((await Deno.lstat(path)).isSymlink);
        const target = await Deno.stat(`${dir}/elsewhere/secret`);
        assertEquals(target.mode! & 0o7777, mode);
        assertEquals(await Deno.readTextFile(path), `TOKEN=n${mode}\n`);
      }
      assertEquals(
        Array.from(Deno.readDirSync(`${dir}/elsewhere`), ({ name }) => name),
        ["secret"],
      );
    },
  );

  test("lock() is for the owner's eyes", "TOKEN=old\n", async (path) => {
    const lease = await openEnvFile(path, "TOKEN").lock(
      60_000,
      crypto.randomUUID(),
    );
    assertEquals((await Deno.stat(`${path}.lock`)).mode! & 0o777, 0o600);
    await lease!.release();
  });
}

/** Makes a lock look as if it was taken long ago. */
async function age(path: string, ms: number) {
  const then = new Date(Date.now() - ms);
  await Deno.utime(`${path}.lock`, then, then);
}

test(
  "one holder at a time has lock(), until it releases it",
  "TOKEN=old\n",
  async (path, dir) => {
    const [one, other] = [
      openEnvFile(path, "TOKEN"),
      openEnvFile(path, "TOKEN"),
    ];
    const lease = await one.lock(60_000, "a");
    assert(lease);
    assertEquals(await one.lock(60_000, "b"), undefined);
    assertEquals(await other.lock(60_000, "c"), undefined);
    await assertRejects(
      () => other.replace("old", "new"),
      StoreError,
      "Another",
    );
    // The holder changes the file, and no longer has the lock.
    assertEquals(await one.replace("else", "new"), false);
    assertEquals(await other.lock(60_000, "c"), undefined);
    assertEquals(await one.replace("old", "new"), true);
    const next = await other.lock(60_000, "c");
    assert(next);
    // Another holder has it by now.
    await lease.release();
    assertEquals(await one.lock(60_000, "a"), undefined);
    await next.release();
    await next.release();
    assertEquals(Array.from(Deno.readDirSync(dir)).length, 1);
  },
);

test("lock() is prolonged by its holder", "TOKEN=old\n", async (path, dir) => {
  const [one, other] = [openEnvFile(path, "TOKEN"), openEnvFile(path, "TOKEN")];
  const first = await one.lock(60_000, "a");
  await age(path, 61_000);
  assert(await one.lock(60_000, "a"));
  assertEquals(await other.lock(60_000, "b"), undefined);
  assertEquals(await one.replace("old", "new"), true);
  // Extended too late, it is taken again; the first release ends that as well.
  assert(await one.lock(60_000, "a"));
  await first!.release();
  assertEquals(Array.from(Deno.readDirSync(dir)).length, 1);
  // A lock that another has taken over is not extended.
  assert(await one.lock(60_000, "a"));
  await age(path, 61_000);
  const theirs = await other.lock(60_000, "b");
  assert(theirs);
  assertEquals(await one.lock(60_000, "a"), undefined);
  await first!.release();
  assert(await other.lock(60_000, "b"));
  await theirs.release();
});

test(
  "lock() is taken over from a dead holder, by only one of all that try",
  "TOKEN=old\n",
  async (path) => {
    const holder = () => crypto.randomUUID();
    for (let round = 0; round < 20; round++) {
      const lost = openEnvFile(path, "TOKEN");
      const old = await lost.lock(60_000, holder());
      assert(old);
      await age(path, 59_000);
      const early = openEnvFile(path, "TOKEN");
      assertEquals(await early.lock(60_000, holder()), undefined);
      await age(path, 61_000);
      const takers = Array.from(
        { length: 8 },
        (_, i) => i < round % 3 ? lost : openEnvFile(path, "TOKEN"),
      );
      const leases = await Promise.all(
        takers.map((one) => one.lock(60_000, holder())),
      );
      const won = leases.findIndex((lease) => lease !== undefined);
      assertEquals(leases.filter((lease) => lease !== undefined).length, 1);
      // The old holder neither writes nor releases the new lock.
      if (takers[won] !== lost) {
        await assertRejects(() => lost.replace("old", "late"), StoreError);
      }
      await old.release();
      assertEquals(await early.lock(60_000, holder()), undefined);
      await leases[won]!.release();
    }
    assertEquals(await Deno.readTextFile(path), "TOKEN=old\n");
  },
);

Deno.test("four processes take turns by lock(), and lose no count", async () => {
  const before = "# Mine\nexport TOKEN='0' # it's\nB=2";
  await withFile(before, async (path) => {
    for (
      const [marker, total] of [[`${path}.marker`, 40], ["-", 80]] as const
    ) {
      const children = await Promise.all(
        Array.from({ length: 4 }, () => startCounting(path, marker, "10")),
      );
      const ended = await Promise.all(children.map((child) => child.output()));
      for (const { code, stderr } of ended) {
        assertEquals(code, 0, new TextDecoder().decode(stderr));
      }
      assertEquals(
        await Deno.readTextFile(path),
        before.replace("0", String(total)),
      );
    }
  });
});

Deno.test("a process that is killed leaves the old file or the new one", async () => {
  const long = `# ${"x".repeat(10_000)}\n`;
  const form = /^TOKEN=(\d+) # it's\n$/;
  await withFile(`${long}TOKEN=0 # it's\n`, async (path) => {
    const random = createRandom(9);
    let counted = 0;
    let left = 0;
    for (let round = 0; round < 25; round++) {
      const child = await startCounting(path, "-", "100000");
      const stdout = child.stdout.getReader();
      await stdout.read();
      await sleep(random.int(0, 99));
      child.kill("SIGKILL");
      await child.status;
      await stdout.cancel();
      await child.stderr.cancel();
      const text = await Deno.readTextFile(path);
      assert(text.startsWith(long));
      const [, count] = form.exec(text.slice(long.length)) ?? [];
      assert(count !== undefined, text.slice(long.length));
      assert(Number(count) >= counted);
      counted = Number(count);
      // Its leftover files are removed when their time is over.
      const lock = await Deno.stat(`${path}.lock`).catch(() => undefined);
      if (!lock) continue;
      left++;
      await age(path, 61_000);
      const lease = await openEnvFile(path, "TOKEN").lock(
        60_000,
        crypto.randomUUID(),
      );
      assert(lease);
      await lease.release();
    }
    assert(counted > 0 && left > 0, `${counted} counted, ${left} locks left`);
  });
});

test(
  "a process without permission names the flags that it lacks",
  "TOKEN=canary\n",
  async (path, dir) => {
    const attempt = async (...permissions: string[]) => {
      const child = await start(permissions, ["file", ".env", "-", "1"], dir);
      const { code, stderr } = await child.output();
      const said = new TextDecoder().decode(stderr);
      assertNotMatch(said, /canary/);
      return { code, said };
    };
    const read = "--allow-read=.env,.env.lock";
    const write = "--allow-write=.env,.env.lock";
    const table: [string[], string][] = [
      [["--allow-read=.env"], `${read} and ${write}`],
      [[read], `Start it with ${write}`],
      [[read, "--allow-write=.env"], `Start it with ${write}`],
      [["--allow-read=.env", write], `Start it with ${read}`],
    ];
    for (const [permissions, expected] of table) {
      const { code, said } = await attempt(...permissions);
      assertEquals(code, 1);
      assertStringIncludes(said, `StoreError: .env may not be written`);
      assertStringIncludes(said, expected);
    }
    assertEquals(await Deno.readTextFile(path), "TOKEN=canary\n");
    await Deno.writeTextFile(path, "TOKEN=1\n");
    const { code, said } = await attempt(read, write);
    assertEquals(code, 0, said);
    assertEquals(await Deno.readTextFile(path), "TOKEN=2\n");
  },
);

test(
  "replace() names the reason if the system refuses",
  "TOKEN=canary\n",
  async (path, dir) => {
    const said = {
      EBUSY: "mounted by itself",
      EROFS: "read-only file system",
      EACCES: "user may not",
      ENOSPC: "disk is full",
      EXDEV: "EXDEV",
    };
    for (const [code, expected] of Object.entries(said)) {
      const file = openEnvFile(path, "TOKEN");
      const refuse = () =>
        Promise.reject(Object.assign(new Error("canary"), { code }));
      await withDeno("rename", () => refuse, async () => {
        const error = await assertRejects(
          () => file.replace("canary", "canary 2"),
          StoreError,
          expected,
        );
        assertStringIncludes(error.message, path);
        assertNotMatch(Deno.inspect(error), /canary/);
      });
      assertEquals(await Deno.readTextFile(path), "TOKEN=canary\n");
      assertEquals(Array.from(Deno.readDirSync(dir)).length, 1);
      assertNotMatch(Deno.inspect(file, { depth: 9 }), /canary/);
    }
  },
);
