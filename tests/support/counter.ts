/**
 * One of several processes that increment a counter in one store: the refresh
 * token is the number. With leases, a file marks the process that has the
 * lease. Without leases, only the versions of the record prevent lost counts.
 *
 * Arguments: kv | env-kv | file, the path of the database or file, the marker
 * (- for no leases), and how often to count.
 *
 * @module
 */
import { StoreError } from "../../src/errors.ts";
import type { Credentials } from "../../src/tokens/store.ts";
import { createEnvStore } from "../../src/tokens/stores/env.ts";
import { openEnvFile } from "../../src/tokens/stores/env_file.ts";
import { createKvStore } from "../../src/tokens/stores/kv.ts";
import { sleep } from "./time.ts";

const [kind, path = "", marker, times] = Deno.args;
const credentials = { refresh_token: "0" };
const database = kind === "file" ? undefined : await Deno.openKv(path);
const kv = { open: () => Promise.resolve(database) };
const store = kind === "kv" ? createKvStore({ kv }) : createEnvStore({
  credentials,
  ...(kind === "file" ? { file: openEnvFile(path, "TOKEN") } : { kv }),
});
const tenant = "_default";
const holder = crypto.randomUUID();

/** Counts once; false if another process was faster. */
async function count(): Promise<boolean> {
  const { credentials, version } = (await store.read(tenant))!;
  const next: Credentials = {
    refresh_token: String(
      Number("refresh_token" in credentials && credentials.refresh_token) + 1,
    ),
  };
  return await store.replace(tenant, next, version) !== undefined;
}

async function countWithLease(marker: string): Promise<boolean> {
  const lease = await store.lease!(tenant, 60_000, holder);
  if (!lease) return false;
  (await Deno.open(marker, { createNew: true, write: true })).close();
  await sleep(2);
  await Deno.remove(marker);
  // If it is written to a file, the lease ends with the write.
  if (!await count()) throw new Error("A process without the lease changed it");
  await lease.release();
  return true;
}

/** A file that another process is writing cannot be read without its lock. */
async function countWithout(): Promise<boolean> {
  try {
    return await count();
  } catch (error) {
    if (error instanceof StoreError && /is changing/.test(error.message)) {
      return false;
    }
    throw error;
  }
}

await Deno.stdout.write(new TextEncoder().encode("counting\n"));
for (let done = 0; done < Number(times);) {
  const isDone = marker === "-"
    ? await countWithout()
    : await countWithLease(marker!);
  if (isDone) done++;
  else await sleep(2);
}
database?.close();
