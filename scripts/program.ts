/**
 * Starts the program in a separate process, for the scripts and tests.
 *
 * @module
 */

/** The folder of the project. */
export const root: string = new URL("../", import.meta.url).pathname;

let known: Promise<string[]> | undefined;

/** The flags that scripts/std.ts prints, as the tasks of deno.json use them. */
export function stdFlags(): Promise<string[]> {
  known ??= new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--no-lock", `${root}scripts/std.ts`],
    cwd: root,
  }).output().then(({ stdout }) =>
    new TextDecoder().decode(stdout).split(" ").filter((flag) => flag !== "")
  );
  return known;
}

/** The arguments with which deno runs a file of the project. */
export async function denoRun(
  file: string,
  ...args: readonly string[]
): Promise<string[]> {
  return [
    ...["run", "-q", "-A", "--config", `${root}deno.json`],
    ...await stdFlags(),
    `${root}${file}`,
    ...args,
  ];
}
