/** Signing in with what it keeps in Deno KV. */
import { createKvChangeStore } from "../../../src/changes/stores/kv.ts";
import { kvTests } from "../../support/kv.ts";
import { repeatedRenewals } from "./contract.ts";

const test = kvTests("signing in with Deno KV", import.meta.filename!);

test(
  "a renewal whose answer was lost is answered again for ten seconds, in Deno KV",
  ({ kv }) => repeatedRenewals(() => createKvChangeStore({ kv })),
);
