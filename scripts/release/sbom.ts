/**
 * The contents of a compiled file as a software bill of materials: CycloneDX
 * 1.6 in JSON. It lists the packages that the modules of the program reach,
 * with the hashes of the lock file, and with the licence texts of the packages,
 * which must be part of every copy.
 *
 * @module
 */

/** A package from npm, as `deno info` describes it. */
interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** The keys of its dependencies. */
  readonly dependencies: readonly string[];
  /** Its folder. */
  readonly localPath: string;
}

/** The part of the output of `deno info --json` that is read here. */
export interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    /** The key of the npm package that contains the module. */
    readonly npmPackage?: string;
  }[];
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

type Pins = Readonly<Record<string, { readonly integrity?: string }>>;

/** The part of deno.lock that is read here. */
export interface Lock {
  readonly npm?: Pins;
  readonly jsr?: Pins;
}

/** The part of a manifest that is read here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  /** An SPDX identifier or expression; some old packages have a list. */
  readonly license?: string | readonly { readonly type: string }[];
}

/** A component of CycloneDX. */
export interface Component {
  readonly type: "application" | "library" | "platform";
  readonly "bom-ref": string;
  readonly purl: string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly hashes?: readonly {
    readonly alg: string;
    readonly content: string;
  }[];
  readonly licenses?: readonly Record<string, unknown>[];
}

/** A bill of materials in CycloneDX. */
export interface Bom {
  readonly $schema: string;
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly serialNumber: string;
  readonly version: number;
  readonly metadata: {
    readonly timestamp: string;
    readonly component: Component;
  };
  readonly components: readonly Component[];
  /** The dependencies of components that are not named here are unknown. */
  readonly dependencies: readonly {
    readonly ref: string;
    readonly dependsOn: readonly string[];
  }[];
}

/** The files of a package. */
interface Files {
  /** Their names, without those in subfolders. */
  readonly names: readonly string[];
  read(name: string): Promise<string>;
}

/** The sources of the bill. */
export interface BomSource {
  /** The manifest of the program. */
  readonly program: Manifest;
  /** Its modules, and the packages that deno reports. */
  readonly info: Info;
  /** The lock file that pins them. */
  readonly lock: Lock;
  /** The address of JSR, with a slash at the end. */
  readonly jsr: string;
}

/**
 * Builds the bill of a compiled file. The runtime in that file is the one that
 * runs this process.
 *
 * @param source The sources of the bill.
 * @throws {Error} When a package cannot be read.
 */
export async function makeBom(source: BomSource): Promise<Bom> {
  const { program, info, lock, jsr } = source;
  const direct = new Set(info.modules.flatMap((one) => one.npmPackage ?? []));
  const npm = new Map<string, Component>();
  for (const key of [...reach(info, direct)].sort()) {
    npm.set(key, await npmComponent(info.npmPackages[key]!, lock.npm?.[key]));
  }
  const others = [runtime()];
  for (const [key, name, version] of jsrPackages(info, jsr)) {
    others.push(await jsrComponent(name, version, lock.jsr?.[key], jsr));
  }
  const refs = (keys: Iterable<string>) =>
    [...new Set(keys)].map((key) => npm.get(key)!["bom-ref"]);
  const component = {
    type: "application",
    ...identify("jsr", program.name, program.version),
    licenses: licences(program),
  } as const;
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${crypto.randomUUID()}`,
    version: 1,
    metadata: { timestamp: new Date().toISOString(), component },
    components: [...others, ...npm.values()],
    dependencies: [
      {
        ref: component["bom-ref"],
        dependsOn: [...others.map((one) => one["bom-ref"]), ...refs(direct)],
      },
      ...Array.from(npm, ([key, one]) => ({
        ref: one["bom-ref"],
        dependsOn: refs(info.npmPackages[key]!.dependencies),
      })),
    ],
  };
}

/** The keys of the npm packages in `direct`, and of all their dependencies. */
function reach(info: Info, direct: Iterable<string>): Set<string> {
  const reached = new Set(direct);
  // Iterating over a set includes the entries added meanwhile.
  for (const key of reached) {
    for (const needed of info.npmPackages[key]!.dependencies) {
      reached.add(needed);
    }
  }
  return reached;
}

/**
 * The key, name and version of each JSR package, from the modules' addresses.
 */
function jsrPackages(info: Info, jsr: string): [string, string, string][] {
  const keys = new Set(info.modules.flatMap(({ specifier }) => {
    if (!specifier.startsWith(jsr)) return [];
    const [scope, name, version] = specifier.slice(jsr.length).split("/");
    return `${scope}/${name}@${version}`;
  }));
  return [...keys].sort().map((key) => {
    const at = key.lastIndexOf("@");
    return [key, key.slice(0, at), key.slice(at + 1)];
  });
}

function runtime(): Component {
  const { deno } = Deno.version;
  const purl = `pkg:github/denoland/deno@v${deno}`;
  return {
    type: "platform",
    "bom-ref": purl,
    purl,
    name: "deno",
    version: deno,
    licenses: [{ license: { id: "MIT" } }],
  };
}

async function npmComponent(
  { name, version, localPath }: NpmPackage,
  pin: Pins[string] | undefined,
): Promise<Component> {
  const files = {
    names: Array.from(Deno.readDirSync(localPath), (entry) => entry.name),
    read: (file: string) => Deno.readTextFile(`${localPath}/${file}`),
  };
  // sha512-<base64>
  const [, base64] = pin?.integrity?.split("sha512-") ?? [];
  return {
    type: "library",
    ...identify("npm", name, version),
    ...(base64
      ? {
        hashes: [{
          alg: "SHA-512",
          content: Uint8Array.fromBase64(base64).toHex(),
        }],
      }
      : {}),
    licenses: await licencesOf(files, "package.json"),
  };
}

async function jsrComponent(
  name: string,
  version: string,
  pin: Pins[string] | undefined,
  jsr: string,
): Promise<Component> {
  const get = async (path: string) => {
    const response = await fetch(`${jsr}${name}/${version}${path}`);
    if (response.ok) return await response.text();
    await response.body?.cancel();
    throw new Error(`${response.url} answered with ${response.status}`);
  };
  const { manifest } = JSON.parse(await get("_meta.json"));
  const files = {
    names: Object.keys(manifest).map((path) => path.slice(1)),
    read: (file: string) => get(`/${file}`),
  };
  return {
    type: "library",
    ...identify("jsr", name, version),
    // JSR's hash is that of the list of the files' hashes.
    ...(pin?.integrity
      ? { hashes: [{ alg: "SHA-256", content: pin.integrity }] }
      : {}),
    licenses: await licencesOf(files, "deno.json"),
  };
}

/** The identity of a component: `@scope/name` becomes a group and a name. */
function identify(registry: string, name: string, version: string) {
  const purl = `pkg:${registry}/${name.replace("@", "%40")}@${version}`;
  const [short, group] = name.split("/").reverse();
  return {
    "bom-ref": purl,
    purl,
    ...(group ? { group } : {}),
    name: short!,
    version,
  };
}

/** The licences that a package names in its manifest, with their texts. */
async function licencesOf(
  files: Files,
  manifest: string,
): Promise<Record<string, unknown>[]> {
  const file = files.names.find((name) => /^(licen[cs]e|copying)/i.test(name));
  const named = licences(
    files.names.includes(manifest)
      ? JSON.parse(await files.read(manifest))
      : {},
  );
  if (!file) return named;
  const text = { contentType: "text/plain", content: await files.read(file) };
  const [first, ...more] = named;
  // An expression cannot have a text in addition.
  if (first && "expression" in first) return named;
  const known = first?.license as Record<string, unknown> | undefined;
  return [{ license: { ...(known ?? { name: file }), text } }, ...more];
}

function licences(
  { license = [] }: Partial<Manifest>,
): Record<string, unknown>[] {
  if (typeof license === "string") {
    return / |\(/.test(license)
      ? [{ expression: license }]
      : [{ license: { id: license } }];
  }
  return license.map(({ type }) => ({
    license: type.includes(" ") ? { name: type } : { id: type },
  }));
}
