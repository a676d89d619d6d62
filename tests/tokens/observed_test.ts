import { assertRejects, assertStringIncludes } from "@std/assert";
import { StoreError } from "../../src/errors.ts";
import { createTelemetry } from "../../src/telemetry/telemetry.ts";
import { observed } from "../../src/tokens/observed.ts";
import { createEnvStore } from "../../src/tokens/stores/env.ts";

Deno.test("observed() counts the failure of a store that throws at once", async () => {
  const telemetry = createTelemetry();
  const store = observed({
    ...createEnvStore({
      credentials: { refresh_token: "a-token" },
      baseUrl: "http://127.0.0.1:1",
      log: () => {},
    }),
    name: "own",
    read() {
      throw new StoreError("not now");
    },
  }, telemetry);
  const read = () => store.read("acme").then(() => {});
  await assertRejects(read, StoreError, "not now");
  assertStringIncludes(telemetry.text(), 'store="own",operation="read"');
});
