/** From where a request came that reverse proxies passed on. */
import { assertEquals, assertThrows } from "@std/assert";
import { networkOf } from "../../src/net/address.ts";
import { createFindCaller, proxies } from "../../src/net/proxies.ts";

const find = (
  trusted: readonly string[],
  peer: string,
  forwarded: string | null,
) => createFindCaller(proxies()(trusted), () => {})(peer, forwarded);

Deno.test("createFindCaller() believes X-Forwarded-For of trusted proxies only", () => {
  const forged = "198.51.100.9";
  for (const trusted of [[], ["10.0.0.7"], ["10.1.0.0/16", "fd00::/8"]]) {
    for (const peer of ["192.0.2.1", "10.0.0.8", "2001:db8::1", "", "unix"]) {
      assertEquals(find(trusted, peer, forged), peer, `${trusted} ${peer}`);
    }
  }
  for (
    const [trusted, peer] of [
      ["10.0.0.7", "10.0.0.7"],
      ["10.0.0.0/8", "10.255.0.1"],
      ["10.0.0.0/8", "::ffff:10.0.0.1"],
      ["::ffff:10.0.0.0/104", "10.0.0.1"],
      ["2001:DB8:1::/48", "2001:db8:1:2::3"],
      ["2001:db8::7", "2001:db8:0:0::7"],
      ["private", "127.0.0.1"],
      ["Private", "172.31.0.2"],
      ["private", "fd12::1"],
      ["fe80::/10", "fe80::1%eth0"],
    ] as const
  ) assertEquals(find([trusted], peer, forged), forged, `${trusted} ${peer}`);
});

Deno.test("createFindCaller() believes of the list only what trusted proxies wrote", () => {
  const trusted = ["10.0.0.0/8"];
  for (
    const [forwarded, found] of [
      // The last entry is the address that connected to the proxy.
      ["203.0.113.5", "203.0.113.5"],
      ["198.51.100.9, 203.0.113.5", "203.0.113.5"],
      ["10.0.0.9, 203.0.113.5", "203.0.113.5"],
      ["127.0.0.1,203.0.113.5", "203.0.113.5"],
      // A proxy behind a proxy.
      ["198.51.100.9, 203.0.113.5, 10.0.0.8", "203.0.113.5"],
      ["203.0.113.5, 10.0.0.8, 10.0.0.9", "203.0.113.5"],
      // Where a proxy does not know it, the proxy itself is counted.
      ["", "10.0.0.7"],
      ["unknown", "10.0.0.7"],
      ["203.0.113.5, unknown", "10.0.0.7"],
      ["203.0.113.5, _hidden, 10.0.0.8", "10.0.0.8"],
      ["203.0.113.5,", "10.0.0.7"],
      [", ,203.0.113.5, ", "10.0.0.7"],
      ["203.0.113.256", "10.0.0.7"],
      ["203.0.113.5 198.51.100.9", "10.0.0.7"],
      ["example.co.id", "10.0.0.7"],
      [`${"9".repeat(5_000)}`, "10.0.0.7"],
      // All are proxies: the farthest.
      ["10.0.0.9, 10.0.0.8", "10.0.0.9"],
      // Ports, brackets, quotation marks and other ways to write one address.
      ["203.0.113.5:4711", "203.0.113.5"],
      ['"[2001:db8::5]:4711"', "2001:db8:0:0:0:0:0:5"],
      ["[2001:db8::5]", "2001:db8:0:0:0:0:0:5"],
      ["2001:DB8:0::5", "2001:db8:0:0:0:0:0:5"],
      ["::ffff:203.0.113.5", "203.0.113.5"],
      ["203.000.113.005", "203.0.113.5"],
      ["fe80::1%eth0", "fe80:0:0:0:0:0:0:1"],
    ] as const
  ) assertEquals(find(trusted, "10.0.0.7", forwarded), found, forwarded);
});

Deno.test("createFindCaller() reads a bounded part of a long list", () => {
  const started = performance.now();
  const long = "10.0.0.9,".repeat(100_000);
  assertEquals(
    find(["10.0.0.0/8"], "10.0.0.7", `203.0.113.5,${long}10.0.0.1`),
    "10.0.0.9",
  );
  assertEquals(
    find(["10.0.0.0/8"], "10.0.0.7", `${long}203.0.113.5`),
    "203.0.113.5",
  );
  assertEquals(find(["10.0.0.0/8"], "10.0.0.7", ",".repeat(1e6)), "10.0.0.7");
  const took = performance.now() - started;
  assertEquals(took < 500, true, `${took} ms`);
});

Deno.test("createFindCaller() says once that a proxy nearby is not trusted", () => {
  const told: string[] = [];
  const find = createFindCaller([], (peer) => told.push(peer));
  find("192.0.2.1", "203.0.113.5");
  find("10.0.0.7", null);
  assertEquals(told, []);
  find("::ffff:10.0.0.7", "203.0.113.5");
  find("10.0.0.8", "203.0.113.5");
  assertEquals(told, ["10.0.0.7"]);
});

Deno.test("proxies() refuses what is not a proxy, and blocks with strangers in them", () => {
  for (
    const wrong of [
      "",
      "proxy.example.co.id",
      "10.0.0.0/33",
      "10.0.0.0/",
      "10.0.0/8",
      "fd00::/129",
      "10.0.0.1:80",
      "1",
      "true",
      7,
    ]
  ) assertThrows(() => proxies()([wrong]), Error, "must hold addresses");
  for (
    const wide of [
      "0.0.0.0/0",
      "::/0",
      "8.0.0.0/5",
      // All of IPv4, as IPv6 has it.
      "::ffff:0:0/96",
      "::ffff:0.0.0.0/102",
      "2000::/8",
      "2a00::/12",
    ]
  ) {
    assertThrows(() => proxies()([wide]), Error, "has strangers in it");
  }
  assertEquals(proxies()(["FD00::/8", "10.0.0.7"]), ["fd00::/8", "10.0.0.7"]);
  const right = ["fc00::/7", "fe80::/10", "104.0.0.0/8", "2600:9000::/28"];
  assertEquals(proxies()(right), right);
});

Deno.test("networkOf() is a single IPv4 address, or 64 bits of IPv6", () => {
  for (
    const [address, network] of [
      ["192.0.2.1", "192.0.2.1"],
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ["2001:db8::1", "2001:db8:0:0:0:0:0:0/64"],
      ["2001:db8:0:0:ffff::", "2001:db8:0:0:0:0:0:0/64"],
      ["fe80::1%eth0", "fe80:0:0:0:0:0:0:0/64"],
      ["", ""],
      ["not an address", "not an address"],
    ] as const
  ) assertEquals(networkOf(address), network);
});
