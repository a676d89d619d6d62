/**
 * Folders for deno's caches: with the packages from npm that this machine has,
 * so that a test downloads none, and without anything else.
 *
 * @module
 */

/** Where deno keeps what it downloads. */
export async function denoInfo(): Promise<
  { readonly denoDir: string; readonly npmCache: string }
> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Makes a folder for `DENO_DIR` that has the packages from npm. */
export async function linkPackages(folder: string): Promise<void> {
  const { npmCache } = await denoInfo();
  await Deno.mkdir(npmCache, { recursive: true });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.symlink(npmCache, `${folder}/npm`);
}
