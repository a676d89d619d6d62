/** Addresses of this machine. */
import { assertEquals } from "@std/assert";
import { localOrigin } from "../../src/net/address.ts";

Deno.test("localOrigin() is where this machine reaches its own server", () => {
  const table: readonly (readonly [string, string])[] = [
    ["127.0.0.1", "http://127.0.0.1:8000"],
    ["localhost", "http://localhost:8000"],
    ["crm.example.com", "http://crm.example.com:8000"],
    ["::1", "http://[::1]:8000"],
    ["fd00::7", "http://[fd00::7]:8000"],
    ["0.0.0.0", "http://127.0.0.1:8000"],
    ["::", "http://[::1]:8000"],
  ];
  for (const [hostname, origin] of table) {
    assertEquals(localOrigin(hostname, 8000), origin);
    assertEquals(new URL(origin).port, "8000");
  }
});
