import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Client, type Json, open, refused } from "./client.ts";

const READ_KEYS = [
  "id",
  "date",
  "timestamp",
  "device_id",
  "journey_id",
  "checkin",
  "checkout",
];
const WRITTEN_KEYS = [
  ..."id,latitude,longitude,device_id,checkin_timestamps".split(","),
  ..."orientation,is_online,input_type,journey_id".split(","),
  ..."battery_percentage,local_id,place_name,place_id".split(","),
];
const BODY = {
  latitude: -6.92,
  longitude: 107.607,
  device_id: "uji-1",
  checkin_timestamps: 1_374_411_835,
  orientation: "1",
  is_online: true,
  input_type: 2,
  local_id: 11,
  journey_id: "1234 5678",
  battery_percentage: 20.1,
} as const;

async function all({ call }: Client): Promise<Json[]> {
  return (await call("GET", "/geolocations?page=1")).body.response;
}

Deno.test("createSandbox() lists twenty geolocations, the latest first", async () => {
  await using client = await open();
  const { body } = await client.call("GET", "/geolocations?page=1");
  assertEquals(Object.keys(body), [
    ..."meta,response,page,total_page,current_data,total_data".split(","),
  ]);
  assertEquals([body.current_data, body.total_data], [20, 20]);
  const times = body.response.map((one: Json) => one.timestamp);
  assertEquals(times, times.toSorted((a: number, b: number) => b - a));
  let checkouts = 0;
  for (const one of body.response) {
    assertEquals(Object.keys(one), READ_KEYS);
    assertMatch(one.date, /^\d{1,2} (Oct|Nov), 2026$/);
    const { checkin, checkout } = one;
    assertEquals(Object.keys(checkin), [
      "address",
      "latitude",
      "longitude",
      "time",
    ]);
    assertEquals(typeof checkin.latitude, "string");
    assertEquals(checkin.address, checkout.address);
    assertEquals(checkin.time === null, checkout.time !== null);
    assertMatch(checkin.time ?? checkout.time, /^\d{1,2} \w{3}, \d\d:\d\d$/);
    if (checkout.time) checkouts++;
    const { body } = await client.call("GET", `/geolocations/${one.id}`);
    assertEquals(body.response, one);
  }
  assertEquals(checkouts, 10);
  const { body: past } = await client.call("GET", "/geolocations?page=2");
  assertEquals([past.response, past.page], [[], 2]);
  for (const id of ["1", "abc"]) {
    const { status } = await client.call("GET", `/geolocations/${id}`);
    assertEquals(status, 404);
  }
});

Deno.test("createSandbox() names the creator of a geolocation in the observed profile", async () => {
  await using client = await open({ profile: "observed" });
  const { body } = await client.call("POST", "/geolocations", BODY);
  const { body: read } = await client.call(
    "GET",
    `/geolocations/${body.response.id}`,
  );
  const one = read.response;
  assertEquals([one.creator_name, one.email], [
    "Ratna Kusumawardani",
    "ratna.kusumawardani@example.co.id",
  ]);
  assertEquals(one.date, "21/07/2013");
  assertEquals(one.checkin, {
    address: "",
    latitude: 0,
    longitude: 0,
    time: "",
  });
  assertEquals(one.checkout.time, "21 Jul, 20:03");
});

Deno.test("createSandbox() creates a geolocation and answers in the form of writes", async () => {
  await using client = await open();
  const { status, body } = await client.call("POST", "/geolocations", {
    ...BODY,
    address: "lost",
  });
  const made = body.response;
  assertEquals([status, Object.keys(made)], [200, WRITTEN_KEYS]);
  assertEquals([made.latitude, made.longitude], ["-6.92", "107.607"]);
  assertEquals(made.checkin_timestamps, "21 Jul, 2013");
  assertEquals([made.battery_percentage, made.orientation], [20.1, "1"]);
  assertMatch(made.place_name, /Bandung/);
  const last = (await all(client)).at(-1);
  assertEquals(last, {
    id: made.id,
    date: "21 Jul, 2013",
    timestamp: 1_374_411_835_000,
    device_id: "uji-1",
    journey_id: "1234 5678",
    checkin: {
      address: made.place_name,
      latitude: "-6.92",
      longitude: "107.607",
      time: null,
    },
    checkout: {
      address: made.place_name,
      latitude: "-6.92",
      longitude: "107.607",
      time: "21 Jul, 20:03",
    },
  });
});

Deno.test("createSandbox() gives a geolocation that has only a place its defaults", async () => {
  await using client = await open();
  const { body } = await client.call("POST", "/geolocations", {
    latitude: 0,
    longitude: 180,
  });
  assertEquals([body.response.orientation, body.response.device_id], [
    "0",
    null,
  ]);
  const [newest] = await all(client) as [Json];
  const { status } = await client.call("GET", `/geolocations/${newest.id}`);
  assertEquals(status, 200);
});

Deno.test("createSandbox() refuses an invalid geolocation, and names the key", async () => {
  await using client = await open();
  await refused(
    client,
    "POST",
    "/geolocations",
    {},
    "latitude can't be blank",
    "longitude can't be blank",
  );
  for (
    const [key, value] of [
      ["latitude", 90.1],
      ["latitude", "-6.2"],
      ["longitude", -180.5],
      ["longitude", null],
      ["device_id", 5],
      ["checkin_timestamps", "21 Jul, 2013"],
      ["checkin_timestamps", -1],
      ["checkin_timestamps", 1_374_411_835_000],
      ["checkin_timestamps", 1.5],
      ["orientation", 1],
      ["orientation", "2"],
      ["is_online", "true"],
      ["input_type", "2"],
      ["local_id", 1.5],
      ["journey_id", 5],
      ["battery_percentage", "20%"],
    ] as const
  ) {
    const body = { ...BODY, [key]: value };
    await refused(client, "POST", "/geolocations", body, key);
  }
  assertEquals((await all(client)).length, 20);
});

Deno.test("createSandbox() answers a geolocation's PUT with the whole record", async () => {
  await using client = await open();
  const [before] = await all(client) as [Json];
  const path = `/geolocations/${before.id}`;
  const { status, body } = await client.call("PUT", path, {
    latitude: 3.59,
    longitude: 98.67,
  });
  assertEquals([status, Object.keys(body.response)], [200, WRITTEN_KEYS]);
  assertEquals(body.response.device_id, before.device_id);
  assertEquals(body.response.checkin_timestamps, before.date);
  assertMatch(body.response.place_name, /Medan/);
  const { body: after } = await client.call("GET", path);
  assertEquals(after.response.timestamp, before.timestamp);
  assertEquals(after.response.checkin.latitude, "3.59");
  await refused(client, "PUT", path, { latitude: 91 }, "latitude");
  await refused(client, "PUT", path, { latitude: null }, "latitude");
  assertEquals((await client.call("PUT", "/geolocations/1", {})).status, 404);
});

Deno.test("createSandbox() cannot delete a geolocation, as in Qontak's collection", async () => {
  await using client = await open();
  const [{ id }] = await all(client) as [Json];
  for (
    const [method, path] of [
      ["DELETE", `/geolocations/${id}`],
      ["GET", "/geolocations/info"],
      ["GET", "/geo_locations"],
      ["PATCH", `/geolocations/${id}`],
    ] as const
  ) {
    assertEquals((await client.call(method, path)).status, 404);
  }
  assert((await all(client)).length === 20);
});
