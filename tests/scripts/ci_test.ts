/** What `.ci/run` runs, and how it counts tests. */
import { assert, assertEquals } from "@std/assert";
import { isAccepted } from "../../scripts/release/licences.ts";
import { platforms } from "../../scripts/release/mcpb.ts";
import { TARGETS } from "../../scripts/release/release.ts";
import type { Component } from "../../scripts/release/sbom.ts";

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

/** Everything that a task runs, without the tasks that only run others. */
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

/** Runs `.ci/run` with a deno that prints and exits as `answers` define. */
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
      "mcp-remote": "exit 0",
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

const workflows = await Promise.all(
  ["ci", "release"].map(async (name) => ({
    name,
    text: await Deno.readTextFile(
      new URL(`.github/workflows/${name}.yml`, root),
    ),
  })),
);

Deno.test("workflows run actions by their commits, with the version in a comment", () => {
  for (const { name, text } of workflows) {
    const used = [...text.matchAll(/uses: (.*)$/gm)].map(([, what]) => what!);
    assert(used.length > 0);
    for (const what of used) {
      assert(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(what), what);
    }
    // Each version has the same commit in all places.
    assertEquals(
      new Set(used).size,
      new Set(used.map((what) => what.split("@")[0])).size,
      name,
    );
  }
});

Deno.test("each job of a workflow has its own permissions, and only jobs that publish may write", () => {
  const writes: string[] = [];
  for (const { name, text } of workflows) {
    assert(/^permissions: \{\}$/m.test(text), `${name} gives all jobs rights`);
    const [, jobs = ""] = text.split(/^jobs:$/m);
    for (
      const [, job, body] of jobs.matchAll(
        /^ {2}(\w+):\n((?: {4}.*\n|\n| {2}#.*\n)*)/gm,
      )
    ) {
      assert(/^ {4}permissions:/m.test(body!), `${name}: ${job}`);
      for (const [, right] of body!.matchAll(/^ {6}([\w-]+): write$/gm)) {
        writes.push(`${name} ${job} ${right}`);
      }
      if (/: write$/m.test(body!)) {
        assert(/^ {4}environment: release$/m.test(body!), `${name}: ${job}`);
      }
    }
  }
  assertEquals(writes, [
    "release attest id-token",
    "release attest attestations",
    "release publish id-token",
    "release image packages",
    "release combine packages",
    "release combine id-token",
    "release combine attestations",
    "release draft contents",
  ]);
});

Deno.test("a release has a bundle for each system, and each program is tried on its own", () => {
  const { text } = workflows.find(({ name }) => name === "release")!;
  const [, made] = /deno task mcpb (.*)$/m.exec(text) ?? [];
  assertEquals(made?.split(" "), Object.keys(platforms));
  // Every file for a system is tried on that system before anything is signed.
  const tried = new Set(
    Array.from(
      text.matchAll(/^ +target: ([\w-]+?)(?:\.exe)?$/gm),
      ([, to]) => to,
    ),
  );
  assertEquals([...tried], [...TARGETS]);
});

Deno.test("a licence that was not reviewed is not accepted", () => {
  const component = (...names: string[]) =>
    ({
      licenses: names.map((id) => ({ license: { id } })),
    }) as unknown as Component;
  assert(isAccepted(component("MIT")));
  assert(isAccepted(component("Public Domain", "MIT")));
  assert(!isAccepted(component("AGPL-3.0")));
  assert(!isAccepted(component()));
});
