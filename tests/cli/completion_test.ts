/**
 * The completion scripts, run by the shells that this machine has. PowerShell is
 * not tried.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { run } from "../support/process.ts";

/** Runs a script in a shell. */
async function inShell(shell: string, args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(shell, {
    args: [...args],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""], text);
  return text;
}

/** Whether this machine has a shell. */
async function hasShell(shell: string): Promise<boolean> {
  try {
    await inShell(shell, ["-c", "true"]);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * How to ask a shell for completions after some words; the last word may be
 * partial.
 */
const askers: Readonly<
  Record<string, (script: string, words: readonly string[]) => string[]>
> = {
  bash: (script, words) => [
    "--norc",
    "-c",
    `${script}
COMP_WORDS=(qontak-mcp ${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length}
_qontak_mcp
printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  zsh: (script, words) => [
    "-f",
    "-c",
    // The part of zsh that shows choices is not loaded without a terminal.
    `compdef() {}
_describe() { print -rl -- \${(P)2%%:*} }
${script}
words=(qontak-mcp ${words.map((word) => `'${word}'`).join(" ")})
CURRENT=${words.length + 1}
_qontak_mcp`,
  ],
  fish: (script, words) => [
    "--no-config",
    "-c",
    `${script}
complete -C '${["qontak-mcp", ...words].join(" ")}'`,
  ],
};

for (const [shell, asker] of Object.entries(askers)) {
  Deno.test({
    name: `${shell} completes commands, words and flags`,
    ignore: !await hasShell(shell),
    async fn() {
      const { code, stdout: script, stderr } = await run(["completion", shell]);
      assertEquals(code, 0);
      assertStringIncludes(stderr, "To load it, ");
      const table: [string[], string[], string[]][] = [
        [["tenants", ""], ["add", "list", "remove", "check"], ["create"]],
        [["keys", ""], ["create", "list", "revoke"], ["add"]],
        [["config", ""], ["cursor", "vscode"], ["tenants"]],
        [["keys", "create", "--"], ["--scopes", "--expires"], ["--sandbox"]],
        [["tenants", "add", "--grant", ""], ["password"], ["--replace"]],
        [["--"], ["--http", "--sandbox", "--help"], ["--scopes"]],
      ];
      for (const [words, offered, not] of table) {
        const shown = await inShell(shell, asker(script, words));
        const found = shown.split("\n").map((line) => line.split(/[\t ]/)[0]!);
        for (const word of offered) {
          assert(
            found.includes(word),
            `${words.join(" ")}: ${word} in ${found}`,
          );
        }
        for (const word of not) {
          assert(
            !found.includes(word),
            `${words.join(" ")}: ${word} in ${found}`,
          );
        }
      }
    },
  });
}

Deno.test("completion prints a script for PowerShell too, and names the shells", async () => {
  const { code, stdout } = await run(["completion", "powershell"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Register-ArgumentCompleter -Native");
  assertStringIncludes(stdout, "@('revoke', ");
  for (
    const [args, expected] of [
      [[], "completion needs a shell: one of bash, zsh, fish, powershell"],
      [["bsh"], "Did you mean bash?"],
    ] as const
  ) {
    const refused = await run(["completion", ...args]);
    assertEquals([refused.code, refused.stdout], [2, ""]);
    assertStringIncludes(refused.stderr, expected);
  }
});
