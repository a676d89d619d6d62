/** What `.ci/run` runs, and how it counts. */
import { assert, assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url);
const script = await Deno.readTextFile(new URL(".ci/run", root));
const { tasks } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", root)),
) as { tasks: Record<string, { command: string }> };

/** The tasks that a text runs with `deno task`. */
function tasksIn(text: string): readonly string[] {
  return [...text.matchAll(/deno task ([\w:]+)/g)].map(([, name]) => name!);
}

const steps = [...script.matchAll(/^step deno task ([\w:]+)$/gm)]
  .map(([, name]) => name!);

/** All that a task runs in the end: tasks that only run others are left out. */
function leavesOf(name: string): readonly string[] {
  const { command } = tasks[name]!;
  const parts = command.split(" && ");
  return parts.every((part) => /^deno task [\w:]+$/.test(part))
    ? tasksIn(command).flatMap(leavesOf)
    : [name];
}

Deno.test(".ci/run runs every part of deno task ok, and each once", () => {
  assert(leavesOf("ok").includes("test"));
  assertEquals(
    leavesOf("ok").filter((name) => !steps.includes(name)),
    [],
    "deno task ok runs what .ci/run does not",
  );
  assertEquals(steps.length, new Set(steps).size, `twice: ${steps}`);
  for (const step of steps) {
    const inside = tasksIn(tasks[step]!.command);
    assertEquals(inside.filter((name) => steps.includes(name)), [], step);
  }
});

/** Runs `.ci/run` with a deno that prints and exits as `answers` say. */
async function run(
  answers: Record<string, { output: string; code: number }>,
): Promise<{ code: number; output: string; calls: readonly string[] }> {
  const folder = await Deno.makeTempDir();
  try {
    const cases = Object.entries(answers).map(([task, { output, code }]) =>
      `${task}) printf '%b' '${output}'; exit ${code} ;;`
    );
    const programs = {
      npx: `echo "$*" >> ${folder}/calls\ncase "$4" in\n${
        cases.join("\n")
      }\nesac\nexit 0`,
      "redis-server": "exit 0",
      chromium: "exit 0",
    };
    for (const [name, body] of Object.entries(programs)) {
      await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\n${body}\n`, {
        mode: 0o755,
      });
    }
    const { code, stdout } = await new Deno.Command("bash", {
      args: [new URL(".ci/run", root).pathname],
      env: { PATH: `${folder}:${Deno.env.get("PATH")}` },
    }).output();
    const calls = await Deno.readTextFile(`${folder}/calls`);
    return {
      code,
      output: new TextDecoder().decode(stdout),
      calls: calls.trim().split("\n"),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const passing = { output: "ok | 3 passed | 0 failed (2s)\\n", code: 0 };

Deno.test({
  name: ".ci/run ends with the sum of what passed",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { code, output, calls } = await run({
      gate: {
        output: "ok | 20 passed | 0 failed (2s)\\nok | 7 tests\\n",
        code: 0,
      },
      test: {
        output:
          "a_test.ts => 9 passed, 1 failed in a name ... ok\\nok | 400 passed (2 steps) | 0 failed (3m)\\n",
        code: 0,
      },
      demo: { output: "10 passed, 0 failed\\n", code: 0 },
    });
    assertEquals(output.trimEnd().split("\n").at(-1), "430 passed, 0 failed");
    assertEquals(code, 0);
    assertEquals(calls, steps.map((step) => `-y deno@2.9.6 task ${step}`));
  },
});

Deno.test({
  name: ".ci/run counts a step that fails without failed tests as a failure",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { code, output } = await run({
      gate: { output: "error: Found 1 not formatted file\\n", code: 1 },
      test: {
        output: "FAILED | 5 passed | 2 failed (1s)\\nerror: Test failed\\n",
        code: 1,
      },
      demo: passing,
    });
    assertEquals(output.trimEnd().split("\n").at(-1), "8 passed, 3 failed");
    assert(output.includes("== FAILED: deno task gate"), output);
    assertEquals(code, 1);
  },
});
