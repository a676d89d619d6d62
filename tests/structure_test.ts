/**
 * The rooms of src/, and which may import which. CONTRIBUTING.md has the map.
 */
import { assert, assertEquals } from "@std/assert";
import { variables } from "../src/app/variables.ts";
import { commands } from "../src/cli/commands.ts";
import { flags } from "../src/cli/flags.ts";

/**
 * The rooms of src/, from the bottom up. A file imports only from its own room
 * and from rows below it.
 */
const FLOORS: readonly (readonly string[])[] = [
  ["values", "version", "sandbox"],
  ["logging", "clients"],
  ["advice"],
  ["errors"],
  ["telemetry"],
  ["storage", "net"],
  ["tokens", "limits"],
  ["auth"],
  ["qontak"],
  ["fields"],
  ["snapshots"],
  ["audit"],
  ["changes"],
  ["tools"],
  ["apps"],
  ["mcp"],
  ["server"],
  ["http"],
  ["app"],
  ["cli", "deploy"],
];

/** The files outside of rooms: the entry points, and what every room needs. */
const LOOSE = ["deploy.ts", "errors.ts", "server.ts", "version.ts"];

const src = new URL("../src/", import.meta.url);
const scripts = new URL("../scripts/", import.meta.url);

async function* filesIn(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesIn(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

function placeOf(file: URL, folder = src): string {
  return file.href.slice(folder.href.length);
}

function roomOf(place: string): string {
  return place.includes("/")
    ? place.slice(0, place.indexOf("/"))
    : place.replace(/\.ts$/, "");
}

/** Every import between files of a folder. */
async function* imports(
  folder = src,
): AsyncGenerator<readonly [string, string]> {
  for await (const file of filesIn(folder)) {
    const text = (await Deno.readTextFile(file)).replace(/\/\*\*.*?\*\//gs, "");
    const found = text.matchAll(/(?:\bfrom|\bimport\()\s*"(\.{1,2}\/[^"]+)"/g);
    for (const [, path] of found) {
      const target = new URL(path!, file);
      if (target.href.startsWith(folder.href)) {
        yield [placeOf(file, folder), placeOf(target, folder)];
      }
    }
  }
}

Deno.test("imports of src/ run downwards", async () => {
  const floors = new Map(
    FLOORS.flatMap((rooms, floor) => rooms.map((room) => [room, floor])),
  );
  const upward: string[] = [];
  let count = 0;
  for await (const [from, to] of imports()) {
    const [room, other] = [roomOf(from), roomOf(to)];
    const [above, below] = [floors.get(room), floors.get(other)];
    assert(above !== undefined, `src/${room} stands on no floor`);
    assert(below !== undefined, `src/${other} stands on no floor`);
    if (room !== other && below >= above) upward.push(`${from} -> ${to}`);
    count++;
  }
  assert(count > 300, `only ${count} imports were found`);
  assertEquals(upward, []);
});

for (const [name, folder] of Object.entries({ src, scripts })) {
  Deno.test(`imports of ${name}/ make no circle`, async () => {
    const arrows = new Map<string, string[]>();
    for await (const [from, to] of imports(folder)) {
      arrows.set(from, [...arrows.get(from) ?? [], to]);
    }
    assert(arrows.size > 20, `only ${arrows.size} files import another`);
    const done = new Set<string>();
    function visit(place: string, path: readonly string[]): void {
      assert(!path.includes(place), [...path, place].join(" -> "));
      if (done.has(place)) return;
      for (const next of arrows.get(place) ?? []) visit(next, [...path, place]);
      done.add(place);
    }
    for (const place of arrows.keys()) visit(place, []);
  });
}

/** The other folders of tests/: they concern all of src/, or none of it. */
const BESIDE = [
  "exports_test.ts",
  "structure_test.ts",
  "conformance",
  "e2e",
  "fire",
  "fixtures",
  "scripts",
  "std",
  "support",
];

Deno.test("tests/ is grouped as src/ is", async () => {
  const tests = new URL("./", import.meta.url);
  const rooms = new Set(FLOORS.flat());
  const strays: string[] = [];
  let count = 0;
  for await (const file of filesIn(tests)) {
    const place = placeOf(file, tests);
    const [folder = ""] = place.split("/");
    const known = rooms.has(folder) || BESIDE.includes(folder);
    if (!known) strays.push(place);
    count++;
  }
  assert(count > 100, `only ${count} files were found`);
  assertEquals(strays, []);
});

/** Where variables and commands may be named, in addition to app/ and cli/. */
const NAMING = [
  // Hosts configure this entry only with variables.
  "deploy.ts",
  // Configurations of clients contain both.
  "clients/",
  // The sandbox prints the variables with which a server uses it.
  "sandbox/",
];

/** Texts that look like a command but are not one. */
const LABELS = [
  // The purpose from which the key of hashes is derived: another text gives
  // another key.
  'const PURPOSE = "qontak-mcp audit";',
];

Deno.test("only app/ and cli/ name environment variables, commands and flags", async () => {
  const ours = Object.keys(variables).join("|");
  const names = new RegExp(
    `\\b(${ours})\\b|qontak-mcp (${Object.keys(commands).join("|")})\\b|--(${
      Object.keys(flags).join("|")
    })\\b(?![\\w-]*:)`,
  );
  const named: string[] = [];
  for await (const file of filesIn(src)) {
    const place = placeOf(file);
    const mayName = ["app/", "cli/", ...NAMING].some((room) =>
      place.startsWith(room)
    );
    if (mayName) continue;
    const lines = (await Deno.readTextFile(file)).split("\n");
    for (const [i, line] of lines.entries()) {
      const found = LABELS.includes(line) ? null : names.exec(line);
      if (found) named.push(`${place}:${i + 1}: ${found[0]}`);
    }
  }
  assertEquals(named, []);
});

Deno.test("only four files of src/ are outside of rooms", async () => {
  const loose: string[] = [];
  for await (const file of filesIn(src)) {
    const place = placeOf(file);
    if (!place.includes("/")) loose.push(place);
  }
  assertEquals(loose.sort(), LOOSE);
});

Deno.test("the map in CONTRIBUTING.md has these rooms, from the top down", async () => {
  const page = await Deno.readTextFile(
    new URL("../.github/CONTRIBUTING.md", import.meta.url),
  );
  const [, map] = page.split("## The map of rooms");
  const rows = map!.split("\n## ")[0]!.matchAll(/^\| (`[^|]*?) +\|/gm);
  const drawn = Array.from(
    rows,
    ([, cell]) => cell!.match(/[a-z]+(?=\/|\.ts)/g)!.sort(),
  );
  assertEquals(
    drawn,
    FLOORS.toReversed().map((rooms) => rooms.toSorted()),
  );
});

/** Old or roundabout phrases that plain, current English does not need. */
const STALE = new RegExp(
  String.raw`\b(?:${
    [
      "mend(s|ed|ing)?",
      "whoever|whomever|whom|whence|whereof|wherein|thereby|lest|save for",
      "anew|of old|in vain|again and again|at last|all the same",
      "to be had|to be told|nobody hears|unless told|told apart",
      "wanted is|(?<!there )(is|are) none",
      String.raw`(?<=\w )(?<!there )(is|are) no (?!(longer|more|such|other)\b)`,
      "where there (is|are|was|were)",
      "go(es)? by|(goes|going|went) on(?! std(in|out))|keeps to",
      "stands? for|in the place of|out of order|in good order",
      "nothing but|when left out|looked into",
      "hand(s|ed)? (it |them )?on",
    ].join("|")
  })\b`,
  "i",
);

Deno.test("code, tests and documents use plain, current English", async () => {
  const root = new URL("../", import.meta.url);
  const places = ["README.md", "README.id.md", "mod.ts"];
  for (const folder of ["src/", "scripts/", "tests/", ".github/"]) {
    for await (const file of textsIn(new URL(folder, root))) {
      places.push(placeOf(file, root));
    }
  }
  // This file lists the phrases.
  const checked = places.filter((place) => place !== "tests/structure_test.ts");
  assert(checked.length > 400, `only ${checked.length} files were found`);
  const found: string[] = [];
  for (const place of checked) {
    const lines = (await Deno.readTextFile(new URL(place, root))).split("\n");
    for (const [i, line] of lines.entries()) {
      const phrase = STALE.exec(line)?.[0];
      if (phrase) found.push(`${place}:${i + 1}: ${phrase}`);
    }
  }
  assertEquals(found, []);
});

async function* textsIn(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* textsIn(new URL(`${name}/`, folder));
    else if (/\.(ts|md|yml|json)$/.test(name)) yield new URL(name, folder);
  }
}
